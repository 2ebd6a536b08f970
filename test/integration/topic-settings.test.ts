import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { withLeaders } from '../../services/shared/kafka/with-leaders.ts';
import { startWithTest } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { freePort, type ServiceProcess } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const token = 'settings-token-0123456789';
let stack: ReturnType<typeof isolatedStack>;
let admin: Admin;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'topic-settings-'));
  admin = testKafka(isolatedStack().brokers).admin();
  await admin.connect();
});
beforeEach(() => {
  stack = isolatedStack();
});
const services: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.end('SIGKILL')));
});
afterAll(async () => {
  await admin?.disconnect();
  rmSync(directory, { recursive: true, force: true });
});

const createTopic = (suffix: string, config: Readonly<Record<string, string>>) => {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const topics = [{ topic: `${stack.prefix}${suffix}`, numPartitions: 3, configEntries }];
  return withLeaders(() => admin.createTopics({ topics, waitForLeaders: true }));
};

/** Kafka's `ConfigSource` of a setting that the topic has itself. */
const OF_THE_TOPIC = 1;

/** What `kafka-configs.sh --alter` does with the one command that was told. */
async function run(output: string): Promise<void> {
  const [, topic = '', config = ''] =
    /kafka-configs\.sh --bootstrap-server \S+ --alter --entity-type topics --entity-name (\S+) --add-config ([^\s`"]+)/.exec(
      output,
    ) ?? [];
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  // kafkajs alters all settings of a topic at once: those that are not named fall back to the broker's.
  const { resources: found } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type, name: topic }],
  });
  const own = (found[0]?.configEntries ?? []).filter(({ configSource }) => configSource === OF_THE_TOPIC);
  const settings = new Map(own.map(({ configName, configValue }) => [configName, configValue]));
  for (const one of config.split(',')) {
    const [name = '', value = ''] = one.split('=');
    settings.set(name, value);
  }
  const configEntries = [...settings].map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
}

const start = async (name: string, more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> => {
  const service = startWithTest(`services/${name}/main.ts`, {
    ...stack.environment,
    VXT_WEBHOOK_TOKENS: token,
    CALL_METRICS_API_TOKENS: token,
    PORT: String(await freePort()),
    ADMIN_PORT: String(await freePort()),
    ...more,
  });
  services.push(service);
  return service;
};

describe('When a topic was made elsewhere', () => {
  test.each([
    ['ingress', 'call-logs', { 'cleanup.policy': 'compact' }],
    ['call-metrics', 'voicemails', { 'retention.ms': '60000' }],
    ['call-metrics', 'call-metrics-seen', { 'retention.ms': '604800000' }],
    ['prometheus-exporter', 'user-call-metrics', { 'cleanup.policy': 'delete' }],
  ])(
    'so that a promise would break, then %s does not start with that %s, and the command it names mends it',
    async (name, suffix, config) => {
      await createTopic(suffix, config);
      const refused = await start(name);
      await eventually(() => refused.child.exitCode !== null);
      const [setting = ''] = Object.keys(config);
      expect([refused.child.exitCode, refused.output()]).toEqual([1, expect.stringContaining(`${setting} is `)]);

      await run(refused.output());

      const started = await start(name);
      await eventually(() => /"event":"[\w-]+-(listening|progress)"|"event":"group-joined"/.test(started.output()), {
        what: () => started.output(),
      });
      expect(started.output()).not.toContain(setting);
    },
  );

  test('with the broker’s defaults, then the services start, and tell what differs with the command that mends it', async () => {
    await createTopic('user-call-metrics', { 'cleanup.policy': 'compact' });
    const told = await start('prometheus-exporter');
    await eventually(() => told.output().includes('topic-settings-differ'), { what: () => told.output() });
    expect(told.output()).toContain('message.timestamp.type is CreateTime, not LogAppendTime');

    await run(told.output());

    const again = await start('prometheus-exporter');
    await eventually(() => again.output().includes('exporter-listening'), { what: () => again.output() });
    expect(again.output()).not.toContain('topic-settings-differ');
  });

  test('so that events can be lost, then an ingress with a spool takes webhooks to the disk and publishes none, until it is mended', async () => {
    await createTopic('call-logs', { 'cleanup.policy': 'compact' });
    const ingress = await startIngressProcess(
      { ...stack.environment, VXT_WEBHOOK_TOKENS: token, SPOOL_DIRECTORY: directory },
      'listening',
    );
    services.push(ingress);
    await eventually(() => ingress.output().includes('topics-awaited'));
    await eventually(async () => (await postWebhook(ingress.url, token, callWebhook('kept'))) === 202);
    const topic = `${stack.prefix}call-logs`;
    const ends = async () => (await admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high));
    expect((await ends()).reduce((sum, end) => sum + end)).toBe(0);

    await run(ingress.output());

    await eventually(async () => (await readLog(stack.brokers, [topic])).length === 1, {
      deadlineMs: 60_000,
      everyMs: 500,
    });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { withLeaders } from '../../services/shared/kafka/client/with-leaders.ts';
import { callBody } from '../support/call-events.ts';
import { startWithTest } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { postWebhook } from '../support/post-webhook.ts';
import { freePort, type ServiceProcess } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';

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

/** Kafka's `ConfigSource` for a setting of the topic itself. */
const OF_THE_TOPIC = 1;

/** Does what `kafka-configs.sh --alter` does with the recommended command. */
async function run(output: string): Promise<void> {
  const [, topic = '', config = ''] =
    /kafka-configs\.sh --bootstrap-server \S+ --alter --entity-type topics --entity-name (\S+) --add-config ([^\s`"]+)/.exec(
      output,
    ) ?? [];
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  // kafkajs replaces all settings of a topic at once: settings that are not named fall back to the broker's.
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

describe('When another tool created a topic', () => {
  test.each([
    ['ingress', 'call-logs', { 'cleanup.policy': 'compact' }],
    ['call-metrics', 'voicemails', { 'retention.ms': '60000' }],
    ['call-metrics', 'call-metrics-seen', { 'retention.ms': '604800000' }],
    ['prometheus-exporter', 'user-call-metrics', { 'cleanup.policy': 'delete' }],
  ])(
    'so that a promise would break, then %s does not start with that %s, and the command it recommends fixes it',
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

  test('with the broker’s defaults, then the services start, and report what differs with the command that fixes it', async () => {
    await createTopic('user-call-metrics', { 'cleanup.policy': 'compact' });
    const exporter = await start('prometheus-exporter');
    await eventually(() => exporter.output().includes('topic-settings-differ'), { what: () => exporter.output() });
    expect(exporter.output()).toContain('message.timestamp.type is CreateTime, not LogAppendTime');

    await run(exporter.output());

    const again = await start('prometheus-exporter');
    await eventually(() => again.output().includes('exporter-listening'), { what: () => again.output() });
    expect(again.output()).not.toContain('topic-settings-differ');
  });

  test('so that events can be lost, then an ingress with a spool stores webhooks on disk and publishes none, until it is fixed', async () => {
    await createTopic('call-logs', { 'cleanup.policy': 'compact' });
    const ingress = await startIngressProcess(
      { ...stack.environment, VXT_WEBHOOK_TOKENS: token, SPOOL_DIRECTORY: directory },
      'listening',
    );
    services.push(ingress);
    await eventually(() => ingress.output().includes('topics-awaited'));
    await eventually(async () => (await postWebhook(ingress.url, token, callBody({ id: 'kept' }))) === 202);
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

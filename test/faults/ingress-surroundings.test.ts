import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from '../support/eventually.ts';
import { ingressesOnOwnStack } from '../support/ingresses-on-own-stack.ts';
import { testKafka } from '../support/kafka-log.ts';
import { metricOf } from '../support/metric-of.ts';
import { callWebhook, voicemailWebhook } from '../support/webhooks.ts';

const {
  token,
  directory,
  freezeKafka,
  thawKafka,
  stack,
  place,
  start,
  post,
  readiness,
  untilReadiness,
  untilDrained,
  idsInLog,
} = ingressesOnOwnStack();

describe('When a topic is deleted while the ingress runs', () => {
  const change = async (work: 'delete' | 'create', topic: string): Promise<void> => {
    const admin = testKafka(stack().brokers).admin();
    await admin.connect();
    if (work === 'delete') await admin.deleteTopics({ topics: [topic] });
    else await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }] });
    await admin.disconnect();
  };

  test('with a spool, then only its webhooks wait there, the log names it, and they are sent once it is recreated', async () => {
    const { prefix, environment } = place();
    const ingress = await start(environment);
    // With a spool it is ready before its topics are there, and a topic that is deleted while it creates them is created again.
    const lastTopic = `"event":"topic-created","topic":"${prefix}unrecognised-webhooks"`;
    await eventually(() => ingress.output().includes(lastTopic));
    await change('delete', `${prefix}voicemails`);
    // A broker takes records of a topic for a moment after it said that it is deleted.
    let voicemails = 0;
    await eventually(
      async () => {
        voicemails += 1;
        expect(await post(ingress, voicemailWebhook(`v${voicemails}`))).toBe(202);
        return (await metricOf(ingress.adminUrl, 'vxt_spool_records')) === 1;
      },
      { what: () => `one webhook in the spool (${voicemails} were sent):\n${ingress.output().slice(-4_000)}` },
    );
    for (let index = 0; index < 20; index += 1) expect(await post(ingress, callWebhook(`c${index}`))).toBe(202);
    expect(await metricOf(ingress.adminUrl, 'vxt_spool_records')).toBe(1);
    expect(await idsInLog(`${prefix}call-logs`)).toHaveLength(20);
    expect(ingress.output()).toMatch(
      new RegExp(`"event":"publish-refused","topic":"${prefix}voicemails".*UNKNOWN_TOPIC_OR_PARTITION`),
    );
    await change('create', `${prefix}voicemails`);
    await untilDrained(ingress);
    expect(await idsInLog(`${prefix}voicemails`)).toEqual([`voicemail/v${voicemails}`]);
  });

  test('without a spool, then only its webhooks are answered 503, as what it is', async () => {
    const { prefix, environment } = place({ SPOOL_DIRECTORY: '' });
    const ingress = await start(environment);
    await change('delete', `${prefix}voicemails`);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await eventually(async () => {
      const response = await fetch(ingress.url, { method: 'POST', headers, body: voicemailWebhook('v1') });
      return response.status === 503 && response;
    });
    expect(await answer.json()).toMatchObject({ title: 'Kafka refuses this event' });
    expect(await post(ingress, callWebhook('c1'))).toBe(202);
  });
});

describe('When the ingress starts while Kafka and the registry are unavailable', () => {
  test('and it has a spool and ran before, then it listens at once and spools, and sends all once they are back', async () => {
    const { prefix, environment } = place();
    const before = await start(environment);
    expect(await post(before, callWebhook('before'))).toBe(202);
    expect(await before.end()).toBe(0);
    await freezeKafka();
    await stack().registry.kill();

    const startedMs = performance.now();
    const ingress = await start(environment, 'listening');
    console.log(`listening after ${Math.round(performance.now() - startedMs)} ms with Kafka frozen and no registry`);
    expect(await post(ingress, callWebhook('meanwhile'))).toBe(202);
    expect(await readiness(ingress)).toMatch(/^200/);
    expect(ingress.output()).toContain('"event":"spooling-began"');

    thawKafka();
    await stack().registry.start();
    await untilDrained(ingress);
    expect(await idsInLog(`${prefix}call-logs`)).toEqual(['callLog/before', 'callLog/meanwhile']);
    await eventually(() => ingress.output().includes('"event":"spooling-ended"'));
    expect(await ingress.end()).toBe(0);
  }, 180_000);

  test('and it has never run before, then it listens, answers 503 and is not ready until the registry tells the schema ids', async () => {
    const { prefix, environment } = place();
    await stack().registry.kill();
    const ingress = await start(environment, 'listening');
    expect(await post(ingress, callWebhook('early'))).toBe(503);
    expect(await readiness(ingress)).toMatch(/^503 .*schema registry/);
    await stack().registry.start();
    await untilReadiness(ingress, /^200/);
    expect(await post(ingress, callWebhook('later'))).toBe(202);
    await eventually(async () => (await idsInLog(`${prefix}call-logs`)).length === 1);
  }, 180_000);
});

test('When the registry deals other ids than the log was written with, then webhooks wait in the spool, the log says why, and they are sent once it is restored', async () => {
  const { prefix, environment } = place();
  const before = await start(environment);
  expect(await post(before, callWebhook('before'))).toBe(202);
  expect(await before.end()).toBe(0);

  const other = await startJavaStack({ dataDirectory: join(directory, 'other-stack') });
  try {
    const ingress = await start({ ...environment, SCHEMA_REGISTRY_URL: other.registryUrl }, 'listening');
    await eventually(() => ingress.output().includes('"event":"schema-ids-differ"'), { deadlineMs: 60_000 });
    expect(await post(ingress, callWebhook('held'))).toBe(202);
    expect(await metricOf(ingress.adminUrl, 'vxt_spool_records')).toBe(1);
    expect(await idsInLog(`${prefix}call-logs`)).toEqual(['callLog/before']);
    const subjects = await fetch(`${other.registryUrl}/subjects`).then((response) => response.json());
    expect(subjects).toEqual([]);
    expect(await ingress.end()).toBe(0);
  } finally {
    await other.stop();
  }
  const restored = await start(environment);
  await untilDrained(restored);
  expect(await idsInLog(`${prefix}call-logs`)).toEqual(['callLog/before', 'callLog/held']);
}, 180_000);

test('When the ingress has run with a spool, then the schema ids are kept beside it, and only their owner may read them', async () => {
  const { environment } = place();
  await start(environment);
  const file = join(environment.SPOOL_DIRECTORY ?? '', 'schema-ids.json');
  await eventually(() => existsSync(file));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

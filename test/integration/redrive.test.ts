import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Recognition, recognise } from '../../services/ingress/domain/recognise.ts';
import { redrive } from '../../services/ingress/redrive/redrive.ts';
import { kafkaSettings, registrySettings } from '../../services/shared/config/common-settings.ts';
import { readSettingGroups } from '../../services/shared/config/settings.ts';
import { createKafka } from '../../services/shared/kafka/connection.ts';
import { openExclusiveWriter } from '../../services/shared/kafka/exclusive-writer.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const token = 'redrive-token-0123456789';
const stack = isolatedStack();
const config = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, stack.environment);
const logger = createLogger('test', 'silent');
const callLogs = `${stack.prefix}call-logs`;

const versionFour = (id: string): string => callWebhook(id, `user-${id}`).replace('"version":3', '"version":4');

/** Tomorrow's parser: it knows version 4, which is version 3 by another number. */
function recogniseVersionFour(json: unknown): Recognition {
  const text = JSON.stringify(json);
  return recognise(JSON.parse(text.replace('"version":4', '"version":3')));
}

const run = (teach: (json: unknown) => Recognition, dryRun = false) =>
  redrive({ config, logger, recognise: teach, dryRun, onProgress: () => undefined });
const idsInLog = async (): Promise<readonly (string | undefined)[]> =>
  (await readLog(stack.brokers, [callLogs])).map(({ headers }) => headers.ce_id).sort();

beforeAll(async () => {
  const ingress = await startIngressProcess({ ...stack.environment, VXT_WEBHOOK_TOKENS: token });
  const bodies = [
    callWebhook('known'),
    versionFour('a'),
    '{"event":"sms","sms":{"id":"s1"}}',
    versionFour('b'),
    callWebhook('broken').replace('"inbound"', '7'),
    versionFour('c'),
    '{"event":"sms","sms":{"id":"s2"}}',
  ];
  for (const body of bodies) expect(await postWebhook(ingress.url, token, body)).toBe(202);
  expect(await ingress.end()).toBe(0);
});

let originals: Awaited<ReturnType<typeof readLog>>;

describe('When the parser has learnt version 4', () => {
  beforeAll(async () => {
    originals = await readLog(stack.brokers, [`${stack.prefix}unrecognised-webhooks`]);
  });

  test('then a dry run tells what it would publish, and publishes nothing', async () => {
    const plan = await run(recogniseVersionFour, true);
    expect(plan.redrivable.map(({ message }) => message.headers.ce_id)).toEqual([
      'callLog/a',
      'callLog/b',
      'callLog/c',
    ]);
    expect(plan.unrecognised).toEqual({ 'unknown-event': 2, 'contract-violation': 1 });
    expect(await idsInLog()).toEqual(['callLog/known']);
  });

  test('then a run of the parser that has not learnt it publishes nothing', async () => {
    expect((await run(recognise)).redrivable).toEqual([]);
  });

  test('then a run publishes exactly those payloads, as if each had just come', async () => {
    await run(recogniseVersionFour);
    const log = await eventually(async () => {
      const records = await readLog(stack.brokers, [callLogs]);
      return records.length > 1 && records;
    });
    expect(log.map(({ headers }) => headers.ce_id).sort()).toEqual([
      'callLog/a',
      'callLog/b',
      'callLog/c',
      'callLog/known',
    ]);
    const event = log.find(({ headers }) => headers.ce_id === 'callLog/b');
    const original = originals.find(({ value }) => value?.toString() === versionFour('b'));
    expect(event?.key).toBe('user-b');
    expect(event?.headers).toMatchObject({ ce_type: 'vxt.callLog', 'content-type': 'application/avro' });
    expect(event?.headers.traceparent).toBe(original?.headers.traceparent);
  });

  test('then a second run publishes nothing, and what it kept is still there byte for byte', async () => {
    const plan = await run(recogniseVersionFour);
    expect(plan.redrivable).toEqual([]);
    expect(plan.redrivenBefore).toBe(3);
    expect(await idsInLog()).toHaveLength(4);
    const kept = await readLog(stack.brokers, [`${stack.prefix}unrecognised-webhooks`]);
    expect(kept.filter(({ value }) => value !== null)).toEqual(originals);
  });
});

test('When a second run starts, then the first can commit nothing more', async () => {
  const kafka = createKafka(config.kafka, 'test', logger);
  const record = {
    topic: callLogs,
    partition: 0,
    key: 'zombie',
    value: Buffer.from('x'),
    headers: { ce_id: 'zombie' },
  };
  const first = await openExclusiveWriter(kafka, `${stack.prefix}redrive`);
  const second = await openExclusiveWriter(kafka, `${stack.prefix}redrive`);
  await expect(first.write([record])).rejects.toThrow();
  await first.close();
  await second.close();
  expect(await idsInLog()).not.toContain('zombie');
});

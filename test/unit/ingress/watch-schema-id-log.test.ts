import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readIngressConfig } from '../../../services/ingress/config.ts';
import { watchSchemaIds } from '../../../services/ingress/watch-schema-ids.ts';
import type { LogFields } from '../../../services/shared/observability/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { type MemorySchemaIdLog, memorySchemaIdLog } from '../../support/memory-schema-id-log.ts';
import { type RegistryDouble, startRegistryDouble } from '../avro/registry-double.ts';

let registry: RegistryDouble;
let directory: string;
let log: MemorySchemaIdLog;
let kafkaAnswers: boolean;
let stops: (() => void)[];
beforeEach(async () => {
  registry = await startRegistryDouble();
  directory = mkdtempSync(join(tmpdir(), 'vxt-schema-id-log-'));
  log = memorySchemaIdLog();
  kafkaAnswers = true;
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) stop();
  await registry.stop();
  rmSync(directory, { recursive: true, force: true });
});

const keptFile = () => join(directory, 'schema-ids.json');
const registered = () => registry.asked.filter((request) => request.startsWith('POST'));

/** One start of an ingress with a spool, as far as it is about schema ids. */
function start() {
  const said: { event: string; fields: LogFields }[] = [];
  const say = (event: string, fields: LogFields = {}) => void said.push({ event, fields });
  const logger = { debug: say, info: say, warn: say, error: say, fatal: say };
  const config = readIngressConfig({
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: registry.url,
    VXT_WEBHOOK_TOKENS: 'a-token-of-at-least-32-characters',
  });
  const watch = watchSchemaIds(config, directory, logger, async (work) => {
    if (!kafkaAnswers) throw new Error('no broker answers');
    return work(log);
  });
  stops.push(watch.stop);
  return {
    ...watch,
    ids: () => {
      const encoders = watch.encoders();
      return encoders && [encoders.callLog.schemaId, encoders.voicemail.schemaId];
    },
    said: (event: string) => said.find((one) => one.event === event)?.fields,
  };
}

async function ranBefore(): Promise<void> {
  const before = start();
  await eventually(() => before.mayPublish() && existsSync(keptFile()));
  expect(log.written.map(({ subject, id }) => [subject, id])).toEqual([
    ['vxt.call-logs-value', 1],
    ['vxt.voicemails-value', 2],
  ]);
  before.stop();
}

test('When the disk is new and the registry has lost everything, then nothing is registered or accepted until it is restored', async () => {
  await ranBefore();
  rmSync(keptFile());
  const backup = new Map(registry.schemas);
  registry.schemas.clear();
  const before = registered().length;
  const again = start();
  const fields = await eventually(() => again.said('schema-ids-differ'));
  expect(fields.problem).toMatch(/no schema 1, with which vxt.call-logs-value.*npx vxt-events registry restore/);
  expect([again.ids(), again.mayPublish(), registered().length]).toEqual([null, false, before]);
  expect(again.problem()).toContain(registry.url);

  for (const [id, schema] of backup) registry.schemas.set(id, schema);
  await eventually(() => again.mayPublish());
  expect([again.ids(), again.problem()]).toEqual([[1, 2], null]);
});

test('When the registry has lost what another service wrote with, then webhooks are spooled and none is published until it is restored', async () => {
  await ranBefore();
  await log.add({ subject: 'vxt.user-call-metrics-value', id: 3, schema: '"string"' });
  const again = start();
  const fields = await eventually(() => again.said('schema-ids-differ'));
  expect(fields.problem).toMatch(/no schema 3, with which vxt.user-call-metrics-value/);
  expect([again.ids(), again.mayPublish()]).toEqual([[1, 2], false]);
  registry.schemas.set(3, '"string"');
  await eventually(() => again.mayPublish());
});

test('When Kafka is unavailable at the very first start, then nothing is registered before it gives the log', async () => {
  kafkaAnswers = false;
  const first = start();
  await eventually(() => first.said('schema-id-log-awaited'));
  expect([first.ids(), first.problem(), registered()]).toEqual([null, null, []]);
  kafkaAnswers = true;
  await eventually(() => first.mayPublish());
  expect(first.ids()).toEqual([1, 2]);
});

test('When Kafka is unavailable at the first start with a changed schema, then webhooks are spooled under its id, and published once the log knows it', async () => {
  await ranBefore();
  const kept = JSON.parse(readFileSync(keptFile(), 'utf8'));
  kept.schemaIds[0].text = 'that of an older release';
  writeFileSync(keptFile(), JSON.stringify(kept));
  log.written.length = 0;
  kafkaAnswers = false;
  const changed = start();
  expect(changed.ids()).toBeNull();
  await eventually(() => changed.ids());
  expect([changed.ids(), changed.mayPublish(), changed.problem()]).toEqual([[1, 2], false, null]);
  kafkaAnswers = true;
  await eventually(() => changed.mayPublish());
  expect(log.written).toHaveLength(2);
});

test('When Kafka is unavailable at a later start, then publishing goes on under the kept ids', async () => {
  await ranBefore();
  kafkaAnswers = false;
  const again = start();
  await eventually(() => again.said('schema-id-log-awaited'));
  expect([again.ids(), again.mayPublish()]).toEqual([[1, 2], true]);
});

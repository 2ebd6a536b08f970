import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Schema } from 'avsc';
import * as avroTypes from '../../../services/shared/avro/avro-type.ts';
import type { LogFields } from '../../../services/shared/observability/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { type MemorySchemaIdLog, memorySchemaIdLog } from '../../support/memory-schema-id-log.ts';
import { type RegistryDouble, startRegistryDouble } from '../avro/registry-double.ts';

const { readSchema } = avroTypes;
/** The schemas that another release has changed. */
const otherRelease = new Map<string, Schema>();
jest.unstable_mockModule('../../../services/shared/avro/avro-type.ts', () => ({
  ...avroTypes,
  readSchema: (name: avroTypes.SchemaName) => otherRelease.get(name) ?? readSchema(name),
}));
const { watchSchemaIds } = await import('../../../services/ingress/watch-schema-ids.ts');
const { readIngressConfig } = await import('../../../services/ingress/config.ts');

let registry: RegistryDouble;
let directory: string;
let stops: (() => void)[];
/** What the logs of each prefix say. */
let logs: Map<string, MemorySchemaIdLog>;
beforeEach(async () => {
  registry = await startRegistryDouble();
  logs = new Map();
  directory = mkdtempSync(join(tmpdir(), 'vxt-schema-ids-'));
  stops = [];
  otherRelease.clear();
});
afterEach(async () => {
  for (const stop of stops) stop();
  await registry.stop();
  rmSync(directory, { recursive: true, force: true });
});

const keptFile = () => join(directory, 'schema-ids.json');

/** One start of the ingress, as far as it is about schema ids. */
function start(topicPrefix = 'vxt.') {
  const said: { event: string; fields: LogFields }[] = [];
  const say = (event: string, fields: LogFields = {}) => void said.push({ event, fields });
  const logger = { debug: say, info: say, warn: say, error: say, fatal: say };
  const config = readIngressConfig({
    KAFKA_BROKERS: '127.0.0.1:1',
    KAFKA_TOPIC_PREFIX: topicPrefix,
    SCHEMA_REGISTRY_URL: registry.url,
    VXT_WEBHOOK_TOKENS: 'a-token-of-at-least-32-characters',
  });
  const askedBefore = registry.asked.length;
  const log = logs.get(topicPrefix) ?? memorySchemaIdLog();
  logs.set(topicPrefix, log);
  const watch = watchSchemaIds(config, directory, logger, (work) => work(log));
  stops.push(watch.stop);
  const registered = () => registry.asked.slice(askedBefore).filter((request) => request.startsWith('POST'));
  return {
    ...watch,
    ids: () => {
      const encoders = watch.encoders();
      return encoders && [encoders.callLog.schemaId, encoders.voicemail.schemaId];
    },
    said: (event: string) => said.find((one) => one.event === event)?.fields,
    registered,
    untilRegistered: () => eventually(() => registered().length === 2 && existsSync(keptFile())),
  };
}

/** A start before, which left its ids beside the spool: call logs 1, voicemails 2. */
async function ranBefore(): Promise<void> {
  const before = start();
  await eventually(() => before.ids() !== null && existsSync(keptFile()));
  expect(before.ids()).toEqual([1, 2]);
  before.stop();
}

function change(...schemas: readonly avroTypes.SchemaName[]): void {
  for (const name of schemas) {
    const schema = readSchema(name);
    if (typeof schema !== 'object' || !('fields' in schema)) throw new Error(`${name} is no record`);
    const added = { name: 'addedLater', type: ['null' as const, 'string' as const], default: null };
    otherRelease.set(name, { ...schema, fields: [...schema.fields, added] });
  }
}

/** A start of a release with another schema of call logs, which was given id 3. */
async function ranChanged(): Promise<void> {
  change('call-log');
  const changed = start();
  await eventually(() => changed.ids());
  await changed.untilRegistered();
  expect([changed.ids(), changed.problem()]).toEqual([[3, 2], null]);
  changed.stop();
}

test('When the registry is as it was, then the kept ids go on at once, and stay', async () => {
  await ranBefore();
  const again = start();
  expect(again.ids()).toEqual([1, 2]);
  await again.untilRegistered();
  expect([again.ids(), again.problem()]).toEqual([[1, 2], null]);
});

test('When the registry has lost everything, then nothing is published or registered until it is restored', async () => {
  await ranBefore();
  const backup = new Map(registry.schemas);
  registry.schemas.clear();
  const again = start();
  const fields = await eventually(() => again.said('schema-ids-differ'));
  expect(fields.problem).toMatch(/call logs 1, voicemails 2/);
  expect(again.problem()).toContain(registry.url);
  expect([again.ids(), again.registered()]).toEqual([[1, 2], []]);

  for (const [id, schema] of backup) registry.schemas.set(id, schema);
  await eventually(() => again.problem() === null);
  expect(again.registered()).toHaveLength(2);
});

test('When the registry has another schema under a kept id, then nothing is published or registered, and the log names that id', async () => {
  await ranBefore();
  registry.schemas.set(2, '{"type":"string"}');
  const again = start();
  const fields = await eventually(() => again.said('schema-ids-differ'));
  expect(fields.problem).toMatch(/\(voicemails 2, /);
  expect(again.problem()).not.toBeNull();
  expect(again.registered()).toEqual([]);
});

test('When the registry deals another id for a schema that it also has under the kept one, then nothing is published', async () => {
  await ranBefore();
  const [callLog = '', voicemail = ''] = registry.schemas.values();
  registry.schemas.clear();
  registry.schemas.set(3, callLog).set(1, callLog).set(2, voicemail);
  const again = start();
  const fields = await eventually(() => again.said('schema-ids-differ'));
  expect(fields.problem).toMatch(/call logs 1.*call logs 3/);
  expect(again.problem()).not.toBeNull();
});

test('When the disk does not give the kept ids, then the log says so, the registry is asked, and nothing is written over them', async () => {
  mkdirSync(keptFile());
  const again = start();
  expect(again.said('schema-ids-unreadable')?.problem).toContain(keptFile());
  expect(again.ids()).toBeNull();
  await eventually(() => again.said('schema-ids-not-kept'));
  await eventually(() => again.problem() === null && again.ids() !== null);
  expect(again.ids()).toEqual([1, 2]);
  expect(statSync(keptFile()).isDirectory()).toBe(true);
});

describe('When a release changes a schema', () => {
  test('and the registry is as it was, then the changed one gets a new id, the other keeps its own, and events are published', async () => {
    await ranBefore();
    await ranChanged();
    registry.answerWith('silence');
    expect(start().ids()).toEqual([3, 2]);
  });

  test('and is taken back, then the id from before is used at once', async () => {
    await ranBefore();
    await ranChanged();
    otherRelease.clear();
    const back = start();
    expect(back.ids()).toEqual([1, 2]);
    await back.untilRegistered();
    expect([back.ids(), back.problem()]).toEqual([[1, 2], null]);
  });

  test.each([[['call-log']], [['call-log', 'voicemail']]] as const)(
    'and the registry has lost everything, then nothing is published or registered (%j)',
    async (schemas) => {
      await ranBefore();
      change(...schemas);
      registry.schemas.clear();
      const kept = readFileSync(keptFile(), 'utf8');
      const changed = start();
      await eventually(() => changed.said('schema-ids-differ') ?? changed.ids());
      expect(changed.problem()).not.toBeNull();
      expect([changed.ids(), changed.registered()]).toEqual([null, []]);
      expect(readFileSync(keptFile(), 'utf8')).toBe(kept);
    },
  );

  test('and the registry then has the newest ids alone, then nothing is published: the log has older ones too', async () => {
    await ranBefore();
    await ranChanged();
    registry.schemas.delete(1);
    const again = start();
    const fields = await eventually(() => again.said('schema-ids-differ'), { deadlineMs: 4_000 });
    expect(fields.problem).toMatch(/\(call logs 1, /);
    expect(again.problem()).not.toBeNull();
    expect(again.registered()).toEqual([]);
  });

  test('and the registry is unavailable, then there are no ids until it answers', async () => {
    await ranBefore();
    change('call-log');
    registry.answerWith('page');
    const changed = start();
    await eventually(() => changed.said('schema-registry-awaited'));
    expect([changed.ids(), changed.problem()]).toEqual([null, null]);
    registry.answerWith('registry');
    await eventually(() => changed.ids());
    expect(changed.ids()).toEqual([3, 2]);
  });
});

test('When another topic prefix ran on the same disk, then its ids are neither used nor asked for, and they stay kept', async () => {
  await ranBefore();
  registry.schemas.clear();
  const other = start('other.');
  expect(other.ids()).toBeNull();
  await eventually(() => other.ids());
  expect(other.problem()).toBeNull();
  other.stop();
  registry.answerWith('silence');
  expect(start().ids()).toEqual([1, 2]);
});

test.each(['page', 'gateway'] as const)(
  'When something before the registry answers 404 with its own %s, then that is an outage: publishing goes on under the kept ids',
  async (manner) => {
    await ranBefore();
    registry.answerWith(manner);
    const again = start();
    await eventually(() => again.said('schema-registry-awaited') ?? again.said('schema-ids-differ'));
    expect([again.ids(), again.problem()]).toEqual([[1, 2], null]);
    registry.answerWith('registry');
    await again.untilRegistered();
    expect(again.problem()).toBeNull();
  },
);

test('When the registry does not answer, then publishing goes on under the kept ids', async () => {
  await ranBefore();
  registry.answerWith('silence');
  const askedBefore = registry.asked.length;
  const again = start();
  await eventually(() => registry.asked.length > askedBefore);
  expect([again.ids(), again.problem()]).toEqual([[1, 2], null]);
});

test.each(['', '{"schemaIds":[{"id":', '[]', '{"schemaIds":[{"kind":"callLog","id":"1"}]}'])(
  'When the kept file is corrupt (%j), then the registry tells the ids, and they are kept again',
  async (text) => {
    await ranBefore();
    writeFileSync(keptFile(), text);
    const again = start();
    expect(again.ids()).toBeNull();
    await eventually(() => again.ids() !== null && readFileSync(keptFile(), 'utf8') !== text);
    expect([again.ids(), again.problem()]).toEqual([[1, 2], null]);
    again.stop();
    registry.answerWith('silence');
    expect(start().ids()).toEqual([1, 2]);
  },
);

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { watchSpool } from '../../../../services/ingress/spool/watch-spool.ts';
import type { OutgoingRecord, PublishOutcome } from '../../../../services/shared/kafka/publisher/outgoing-record.ts';
import { eventually } from '../../../support/eventually.ts';
import { append, record, spoolsOfTests, untilDrained } from '../../../support/spools.ts';

const { folder, place, closeLast } = spoolsOfTests();

test('When Kafka is available again, then the waiting records reach it complete and in order, and nothing is left on disk', async () => {
  const { taken, reported, kafka, open } = place();
  const spool = await open();
  expect(await append(spool, record('a'), record('b'), record('c'))).toEqual(['stored', 'stored', 'stored']);
  expect([spool.holds('t/0'), spool.holds('t/1')]).toEqual([true, false]);

  kafka.up = true;
  await spool.drained();

  expect(taken).toEqual(['a', 'b', 'c']);
  expect(spool.holds('t/0')).toBe(false);
  expect(spool.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
  expect(reported).toEqual(['began', 'ended']);
});

test('When Kafka is unavailable a second time, then the oldest age counts from the records that wait now', async () => {
  const { kafka, clock, open } = place();
  const spool = await open();
  await append(spool, record('first outage'));
  kafka.up = true;
  await spool.drained();
  kafka.up = false;
  clock.ms += 86_400_000;

  await append(spool, record('second outage'));
  clock.ms += 5_000;

  expect(spool.state()).toMatchObject({ records: 1, oldestAgeMs: 5_000 });
});

test('When the broker refuses a record as too large, then it stays on disk, is reported, holds up no other, and is tried again at the next start', async () => {
  const { taken, reported, kafka, clock, open } = place((one) =>
    (one.value?.length ?? 0) > 100 ? 'too-large' : 'durable',
  );
  const spool = await open();
  await append(spool, record('before'), record('x'.repeat(101)), record('behind'));
  kafka.up = true;
  await eventually(() => taken.length === 2);
  await append(spool, record('later'));
  await eventually(() => !spool.holds('t/0'));
  clock.ms += 7_000;

  expect(taken).toEqual(['before', 'behind', 'later']);
  expect(reported).toContain('set aside t/0 true');
  expect(spool.holds('t/0')).toBe(false);
  expect(spool.state()).toMatchObject({ records: 1, oldestAgeMs: 7_000 });
  await closeLast();

  kafka.judge = () => 'durable';
  const next = await open();
  await next.drained();
  expect(taken.at(-1)).toBe('x'.repeat(101));
  expect(next.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
});

test('When the first record of a place is not accepted, then those behind it wait, and other places continue', async () => {
  let open0 = false;
  const { taken, kafka, clock, open } = place(({ partition }) =>
    partition === 0 && !open0 ? 'unavailable' : 'durable',
  );
  const spool = await open();
  await append(spool, record('0a', 0), record('1a', 1), record('0b', 0), record('1b', 1));
  kafka.up = true;
  await eventually(() => !spool.holds('t/1'));
  expect(taken).toEqual(['1a', '1b']);
  expect(spool.holds('t/0')).toBe(true);

  open0 = true;
  await untilDrained(spool, clock);
  expect(taken).toEqual(['1a', '1b', '0a', '0b']);
});

test('When one topic is refused for a long time, then only its records wait, and they are tried at most once a second', async () => {
  const { taken, kafka, clock, open } = place(({ topic }) => (topic === 'revoked' ? 'refused' : 'durable'));
  const spool = await open();
  await append(spool, record('r', 0, 'revoked'), record('a'), record('b', 1));
  kafka.up = true;
  await eventually(() => !spool.holds('t/0') && !spool.holds('t/1'));
  const given = kafka.given;
  clock.ms += 999;
  await append(spool, record('c', 2));
  await eventually(() => taken.length === 3);
  expect(kafka.given).toBe(given + 1);
  expect(spool.holds('revoked/0')).toBe(true);
});

test('When large records are drained, then only a few of them are in memory at once', async () => {
  let maxBytesAtOnce = 0;
  const { kafka, open } = place();
  const publishAll = async (records: readonly OutgoingRecord[]): Promise<readonly PublishOutcome[]> => {
    maxBytesAtOnce = Math.max(
      maxBytesAtOnce,
      records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
    );
    return records.map(() => 'durable');
  };
  const spool = await open({ maxBytes: 100_000_000, publishAll });
  const mebibyte = 'x'.repeat(1024 * 1024);
  await append(spool, ...Array.from({ length: 20 }, () => record(mebibyte)));
  kafka.up = true;
  await spool.drained();
  expect(maxBytesAtOnce).toBeGreaterThan(0);
  expect(maxBytesAtOnce).toBeLessThanOrEqual(4 * 1024 * 1024);
});

describe('When the spool is at its limit', () => {
  test('then records are refused before its folder exceeds the limit', async () => {
    const { open } = place();
    const spool = await open({ maxBytes: 200_000 });
    const outcomes = await append(spool, ...Array.from({ length: 300 }, () => record('x'.repeat(1_000))));
    expect(outcomes).toContain('stored');
    expect(outcomes.at(-1)).toBe('full');
    const onDisk = readdirSync(folder.worker).reduce((sum, name) => sum + statSync(join(folder.worker, name)).size, 0);
    expect(onDisk).toBeLessThanOrEqual(200_000);
    expect(onDisk).toBeGreaterThan(100_000);
    expect(spool.problem()).toBe('The spool is full');
  });

  test('and is drained, then it accepts records again', async () => {
    const { kafka, open } = place();
    const spool = await open({ maxBytes: 200_000 });
    await append(spool, ...Array.from({ length: 300 }, () => record('x'.repeat(1_000))));
    kafka.up = true;
    await spool.drained();
    kafka.up = false;
    expect(await append(spool, record('again'))).toEqual(['stored']);
    expect(spool.problem()).toBeNull();
  });
});

test('When another process uses the spool, then opening it fails and says so', async () => {
  const { open } = place();
  await open();
  await expect(open()).rejects.toThrow(/in use by another process \(SPOOL_DIRECTORY\)/);
});

test('When records of a place wait in another spool, then newer ones are not sent before it is drained', async () => {
  const { taken, kafka, open } = place();
  let waitsElsewhere = true;
  const spool = await open({ waitsElsewhere: (where) => waitsElsewhere && where === 't/0' });
  await append(spool, record('0', 0), record('1', 1));
  kafka.up = true;
  await eventually(() => taken.length === 1);
  expect(taken).toEqual(['1']);
  waitsElsewhere = false;
  await spool.drained();
  expect(taken).toEqual(['1', '0']);
});

test('When another process drains a spool, then a watcher sees which places wait, and when none does any more', async () => {
  const { kafka, open } = place();
  const spool = await open();
  await append(spool, record('a', 3));
  const watched = watchSpool(folder.worker, (one) => one);
  expect(watched.holds('t/0')).toBe(true);
  await eventually(() => !watched.holds('t/0'));
  expect(watched.holds('t/3')).toBe(true);
  kafka.up = true;
  await spool.drained();
  await eventually(() => !watched.holds('t/3'));
  watched.stop();
});

test('When a spool creates files, then only their owner may read them', async () => {
  const { open } = place();
  await append(await open(), record('a'));
  for (const name of readdirSync(folder.worker)) expect(statSync(join(folder.worker, name)).mode & 0o777).toBe(0o600);
  expect(statSync(folder.worker).mode & 0o777).toBe(0o700);
});

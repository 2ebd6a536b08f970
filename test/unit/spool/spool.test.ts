import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { watchSpool } from '../../../services/shared/spool/watch-spool.ts';
import { eventually } from '../../support/eventually.ts';
import { append, record, spoolsOfTests, untilDrained } from './spools-of-tests.ts';

const { folder, place, closeLast } = spoolsOfTests();

test('When Kafka is back, then what waits reaches it in order, whole, and nothing is left on disk', async () => {
  const { taken, told, kafka, open } = place();
  const spool = await open();
  expect(await append(spool, record('a'), record('b'), record('c'))).toEqual(['stored', 'stored', 'stored']);
  expect([spool.holds('t/0'), spool.holds('t/1')]).toEqual([true, false]);

  kafka.up = true;
  await spool.drained();

  expect(taken).toEqual(['a', 'b', 'c']);
  expect(spool.holds('t/0')).toBe(false);
  expect(spool.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
  expect(told).toEqual(['began', 'ended']);
});

test('When Kafka goes away a second time, then the oldest age begins with what waits now', async () => {
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

test('When the broker never takes a record for its size, then it stays on disk, is told, holds up no other, and is tried again at the next start', async () => {
  const { taken, told, kafka, clock, open } = place((one) =>
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
  expect(told).toContain('set aside t/0 true');
  expect(spool.holds('t/0')).toBe(false);
  expect(spool.state()).toMatchObject({ records: 1, oldestAgeMs: 7_000 });
  await closeLast();

  kafka.judge = () => 'durable';
  const next = await open();
  await next.drained();
  expect(taken.at(-1)).toBe('x'.repeat(101));
  expect(next.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
});

test('When a place’s first record is not taken, then what is behind it waits, and other places go on', async () => {
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

test('When one topic is refused for hours, then only its records wait, and they are tried once a second at most', async () => {
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

test('When large records are drained, then no more than a few of them are in memory at once', async () => {
  let most = 0;
  const { kafka, open } = place();
  const publishAll = async (records: readonly OutgoingRecord[]): Promise<readonly PublishOutcome[]> => {
    most = Math.max(
      most,
      records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
    );
    return records.map(() => 'durable');
  };
  const spool = await open({ maxBytes: 100_000_000, publishAll });
  const mebibyte = 'x'.repeat(1024 * 1024);
  await append(spool, ...Array.from({ length: 20 }, () => record(mebibyte)));
  kafka.up = true;
  await spool.drained();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4 * 1024 * 1024);
});

describe('When the spool is at its limit', () => {
  test('then records are refused before the folder takes more than it may', async () => {
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

  test('and is drained, then it takes records again', async () => {
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

test('When another process has the spool, then opening it fails and says so', async () => {
  const { open } = place();
  await open();
  await expect(open()).rejects.toThrow(/in use by another process \(SPOOL_DIRECTORY\)/);
});

test('When records of a key wait in a spool that comes first, then they do not go before it is drained', async () => {
  const { taken, kafka, open } = place();
  let elder = true;
  const spool = await open({ waitsElsewhere: (where) => elder && where === 't/0' });
  await append(spool, record('0', 0), record('1', 1));
  kafka.up = true;
  await eventually(() => taken.length === 1);
  expect(taken).toEqual(['1']);
  elder = false;
  await spool.drained();
  expect(taken).toEqual(['1', '0']);
});

test('When another process drains a spool, then who watches it sees what waits, and when nothing does', async () => {
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

test('When files of a spool are made, then only their owner may read them', async () => {
  const { open } = place();
  await append(await open(), record('a'));
  for (const name of readdirSync(folder.worker)) expect(statSync(join(folder.worker, name)).mode & 0o777).toBe(0o600);
  expect(statSync(folder.worker).mode & 0o777).toBe(0o700);
});

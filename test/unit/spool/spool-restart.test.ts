import { cpSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { openSegment } from '../../../services/shared/spool/segment.ts';
import { eventually } from '../../support/eventually.ts';
import { append, FAR, record, spoolsOfTests, untilDrained } from './spools-of-tests.ts';

const { folder, place, closeLast } = spoolsOfTests();

test('When the process is killed, then the next one sends what waited, byte for byte', async () => {
  const before = place();
  const spool = await before.open();
  const whole = { ...record('\u0000ä\ud83d\ude00'), key: null, headers: { reason: 'x', 'received-at': 'y' } };
  await append(spool, whole, { ...record('tombstone'), value: null });
  cpSync(folder.worker, join(folder.root, 'killed'), { recursive: true });

  const seen: OutgoingRecord[] = [];
  const after = place((one) => {
    seen.push(one);
    return 'durable';
  });
  after.kafka.up = true;
  const next = await after.open({ directory: join(folder.root, 'killed') });
  await next.drained();

  expect(seen).toEqual([whole, { ...record(''), value: null }]);
});

test('When power fails and the disk loses the marks of what was sent, then that is sent again, and nothing is missing', async () => {
  const before = place();
  const spool = await before.open();
  await append(spool, record('a'), record('b'), record('c'));
  const withoutMarks = join(folder.root, 'without-marks');
  cpSync(folder.worker, withoutMarks, { recursive: true });
  before.kafka.up = true;
  await spool.drained();

  const after = place();
  after.kafka.up = true;
  await (await after.open({ directory: withoutMarks })).drained();
  expect([before.taken, after.taken]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ]);
  expect(after.told).toEqual(['began', 'ended']);
});

describe('When a record may be in the log already', () => {
  test('as the process was killed while Kafka had it, then it is sent again and counted', async () => {
    const sending = place();
    sending.kafka.up = true;
    const answer = Promise.withResolvers<readonly PublishOutcome[]>();
    const spool = await sending.open({ publishAll: () => answer.promise });
    await append(spool, record('a'), record('b'));
    await eventually(() => readdirSync(folder.worker).some((name) => name.endsWith('.spool')));
    // The mark is written before anything is sent, so it is there once a copy shows it.
    await eventually(async () => {
      const copy = mkdtempSync(join(folder.root, 'killed-'));
      cpSync(folder.worker, copy, { recursive: true });
      const after = place();
      after.kafka.up = true;
      const next = await after.open({ directory: copy });
      await next.drained();
      expect(after.taken).toEqual(['a', 'b']);
      return after.told.some((line) => line.startsWith('resent'));
    });
    answer.resolve(['durable', 'durable']);
  });

  test('as Kafka did not answer, then each further attempt is counted', async () => {
    let answers = false;
    const { taken, told, kafka, clock, open } = place(() => (answers ? 'durable' : 'unknown'));
    const spool = await open();
    await append(spool, record('a'));
    kafka.up = true;
    await eventually(() => kafka.given === 1);
    answers = true;
    await untilDrained(spool, clock);
    expect(taken).toEqual(['a']);
    expect(told.filter((line) => line.startsWith('resent'))).toEqual(['resent 1']);
  });

  test('as it was sent before it was spooled, then its first attempt from there is counted', async () => {
    const { told, kafka, open } = place();
    const spool = await open();
    await spool.append(record('a'), true, FAR);
    kafka.up = true;
    await spool.drained();
    expect(told).toContain('resent 1');
  });

  test('but Kafka never had it, then nothing is counted', async () => {
    let takes = false;
    const { told, kafka, clock, open } = place(() => (takes ? 'durable' : 'unavailable'));
    const spool = await open();
    await append(spool, record('a'));
    kafka.up = true;
    await eventually(() => kafka.given === 1);
    takes = true;
    await untilDrained(spool, clock);
    expect(told.filter((line) => line.startsWith('resent'))).toEqual([]);
  });
});

test('When the process was killed after all was sent and before the files were removed, then they are at the next start', async () => {
  await append(await place().open(), record('a'));
  await closeLast();
  const [name = ''] = readdirSync(folder.worker).filter((one) => one.endsWith('.spool'));
  const killed = await openSegment(join(folder.worker, name), (one) => one);
  await killed?.segment.mark(killed.segment.entries, 'done');
  await killed?.segment.close();

  const { told, open } = place();
  const spool = await open({ maxBytes: 200_000 });
  await eventually(() => readdirSync(folder.worker).every((one) => !one.endsWith('.spool')));
  expect(spool.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
  expect(spool.problem()).toBeNull();
  expect(told).toEqual([]);
});

test('When what a process left is still being read, then it holds every place, and takes new records behind it', async () => {
  await append(await place().open(), record('old'));
  await closeLast();
  const { taken, kafka, open } = place();
  kafka.up = true;
  const spool = await open();
  expect([spool.holds('any/7'), spool.state().records]).toEqual([true, 1]);
  await append(spool, record('new'));
  await spool.drained();
  expect(taken).toEqual(['old', 'new']);
  expect(spool.holds('any/7')).toBe(false);
});

test('When a file of the spool cannot be read, then that is told, and the rest goes on', async () => {
  await append(await place().open(), record('a'));
  await closeLast();
  mkdirSync(join(folder.worker, '00000000.spool'));
  const { taken, told, kafka, open } = place();
  kafka.up = true;
  await (await open()).drained();
  expect(taken).toEqual(['a']);
  expect(told).toContainEqual(expect.stringMatching(/^failed read: /));
});

test('When the folder holds a spool of an earlier version, then it is not taken for an empty one', async () => {
  const { open } = place();
  await open();
  await closeLast();
  cpSync(join(folder.worker, 'lock'), join(folder.worker, 'CURRENT'));
  await expect(open()).rejects.toThrow(/spool of an earlier version/);
});

test('When the number of partitions changed meanwhile, then a record goes where its key belongs now', async () => {
  const seen: number[] = [];
  const { kafka, open } = place(({ partition }) => {
    seen.push(partition);
    return 'durable';
  });
  await append(await open(), record('a', 11));
  await closeLast();
  kafka.up = true;
  await (await open({ adapt: (one) => ({ ...one, partition: 2 }) })).drained();
  expect(seen).toEqual([2]);
});

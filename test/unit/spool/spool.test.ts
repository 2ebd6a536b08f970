import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { openSegment } from '../../../services/shared/spool/segment.ts';
import { openSpool, type Spool } from '../../../services/shared/spool/spool.ts';
import { watchSpool } from '../../../services/shared/spool/watch-spool.ts';
import { eventually } from '../../support/eventually.ts';

let root: string;
let directory: string;
const opened: Spool[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spool-'));
  directory = join(root, 'worker-0');
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
  rmSync(root, { recursive: true, force: true });
});

const FAR = Number.POSITIVE_INFINITY;
const record = (value: string, partition = 0, topic = 't'): OutgoingRecord => ({
  topic,
  partition,
  key: 'k',
  value: Buffer.from(value),
  headers: { h: 'x' },
});

/** A Kafka that takes what its `judge` says, and a clock of its own. */
function place(judge: (record: OutgoingRecord) => PublishOutcome = () => 'durable') {
  const taken: string[] = [];
  const told: string[] = [];
  const kafka = { up: false, judge, given: 0 };
  const clock = { ms: 1_000_000 };
  const publishAll = async (records: readonly OutgoingRecord[]): Promise<readonly PublishOutcome[]> =>
    records.map((one) => {
      kafka.given += 1;
      const outcome = kafka.judge(one);
      if (outcome === 'durable') taken.push(String(one.value));
      return outcome;
    });
  const open = async (more: Partial<Parameters<typeof openSpool>[0]> = {}): Promise<Spool> => {
    const spool = openSpool({
      directory,
      maxBytes: 1_000_000,
      publishAll,
      mayPublish: () => kafka.up,
      waitsElsewhere: () => false,
      adapt: (one) => one,
      now: () => clock.ms,
      observer: {
        began: () => told.push('began'),
        ended: () => told.push('ended'),
        failed: (what, error) => told.push(`failed ${what}: ${error}`),
        setAside: (where, bytes) => told.push(`set aside ${where} ${bytes > 0}`),
        resent: (records) => told.push(`resent ${records}`),
        found: (_path, { damagedBytes, unfinishedBytes }) => {
          if (damagedBytes + unfinishedBytes > 0) told.push(`found ${damagedBytes} ${unfinishedBytes}`);
        },
      },
      ...more,
    });
    opened.push(spool);
    return spool;
  };
  return { taken, told, kafka, clock, open };
}

/** Lets time pass until nothing is on disk: a place that was not taken is held for a while. */
const untilDrained = (spool: Spool, clock: { ms: number }): Promise<boolean> =>
  eventually(() => {
    clock.ms += 1_000;
    return spool.state().records === 0;
  });

const append = (spool: Spool, ...records: readonly OutgoingRecord[]) =>
  Promise.all(records.map((one) => spool.append(one, false, FAR)));

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

test('When the process is killed, then the next one sends what waited, byte for byte', async () => {
  const before = place();
  const spool = await before.open();
  const whole = { ...record('\u0000ä\ud83d\ude00'), key: null, headers: { reason: 'x', 'received-at': 'y' } };
  await append(spool, whole, { ...record('tombstone'), value: null });
  cpSync(directory, join(root, 'killed'), { recursive: true });

  const seen: OutgoingRecord[] = [];
  const after = place((one) => {
    seen.push(one);
    return 'durable';
  });
  after.kafka.up = true;
  const next = await after.open({ directory: join(root, 'killed') });
  await next.drained();

  expect(seen).toEqual([whole, { ...record(''), value: null }]);
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
  await opened.pop()?.close();

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

describe('When a record may be in the log already', () => {
  test('as the process was killed while Kafka had it, then it is sent again and counted', async () => {
    const sending = place();
    sending.kafka.up = true;
    const answer = Promise.withResolvers<readonly PublishOutcome[]>();
    const spool = await sending.open({ publishAll: () => answer.promise });
    await append(spool, record('a'), record('b'));
    await eventually(() => readdirSync(directory).some((name) => name.endsWith('.spool')));
    // The mark is written before anything is sent, so it is there once a copy shows it.
    await eventually(async () => {
      const copy = mkdtempSync(join(root, 'killed-'));
      cpSync(directory, copy, { recursive: true });
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
  await opened.pop()?.close();
  const [name = ''] = readdirSync(directory).filter((one) => one.endsWith('.spool'));
  const killed = await openSegment(join(directory, name), (one) => one);
  await killed?.segment.mark(killed.segment.entries, 'done');
  await killed?.segment.close();

  const { told, open } = place();
  const spool = await open({ maxBytes: 200_000 });
  await eventually(() => readdirSync(directory).every((one) => !one.endsWith('.spool')));
  expect(spool.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
  expect(spool.problem()).toBeNull();
  expect(told).toEqual([]);
});

test('When what a process left is still being read, then it holds every place, and takes new records behind it', async () => {
  await append(await place().open(), record('old'));
  await opened.pop()?.close();
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
  await opened.pop()?.close();
  mkdirSync(join(directory, '00000000.spool'));
  const { taken, told, kafka, open } = place();
  kafka.up = true;
  await (await open()).drained();
  expect(taken).toEqual(['a']);
  expect(told).toContainEqual(expect.stringMatching(/^failed read: /));
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
    const onDisk = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
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

test('When the folder holds a spool of an earlier version, then it is not taken for an empty one', async () => {
  const { open } = place();
  await (await open()).close();
  opened.pop();
  cpSync(join(directory, 'lock'), join(directory, 'CURRENT'));
  await expect(open()).rejects.toThrow(/spool of an earlier version/);
});

test('When the number of partitions changed meanwhile, then a record goes where its key belongs now', async () => {
  const seen: number[] = [];
  const { kafka, open } = place(({ partition }) => {
    seen.push(partition);
    return 'durable';
  });
  await append(await open(), record('a', 11));
  await opened.pop()?.close();
  kafka.up = true;
  await (await open({ adapt: (one) => ({ ...one, partition: 2 }) })).drained();
  expect(seen).toEqual([2]);
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
  const watched = watchSpool(directory, (one) => one);
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
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

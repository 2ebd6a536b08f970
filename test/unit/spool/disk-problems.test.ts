import { afterEach, expect, test } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { createDrain } from '../../../services/shared/spool/drain.ts';
import { createGroupCommit, type GroupCommit } from '../../../services/shared/spool/group-commit.ts';
import type { NewRecord, Segment } from '../../../services/shared/spool/segment.ts';
import type { RecordState } from '../../../services/shared/spool/segment-format.ts';
import type { SpooledRecord } from '../../../services/shared/spool/spool-store.ts';
import { eventually } from '../../support/eventually.ts';

const commits: GroupCommit[] = [];
afterEach(() => {
  for (const commit of commits.splice(0)) commit.stop();
});

const newRecord = (bytes = 10): NewRecord => ({
  payload: Buffer.alloc(bytes),
  place: 't/0',
  storedAtMs: 0,
  state: 'waiting',
});
const FAR = Number.POSITIVE_INFINITY;

/** A disk whose writes end when and how the test says. */
function slowDisk() {
  const writes: { records: number; end: (error?: Error) => void }[] = [];
  const clock = { ms: 0 };
  const late: string[] = [];
  const failures: unknown[] = [];
  const append = (records: readonly NewRecord[]): Promise<readonly SpooledRecord[]> =>
    new Promise((resolve, reject) =>
      writes.push({
        records: records.length,
        end: (error) => (error ? reject(error) : resolve(records.map(() => ({}) as SpooledRecord))),
      }),
    );
  const commit = createGroupCommit(
    { append, probe: async () => undefined },
    () => clock.ms,
    (error) => failures.push(error),
    (_record, written) => late.push(written),
  );
  commits.push(commit);
  return { writes, clock, late, failures, commit };
}

test('When the disk stands still, then who waits is answered at the deadline, and what the disk was given is told when it ends', async () => {
  const { writes, clock, late, commit } = slowDisk();
  const given = commit.write(newRecord(), 1_000);
  const behind = commit.write(newRecord(), 1_000);
  clock.ms = 999;
  expect(commit.busyMs()).toBe(999);
  clock.ms = 1_000;
  expect(await given).toBe('late');
  expect(await behind).toBe('failed');
  writes[0]?.end();
  await commit.idle();
  expect(late).toEqual(['stored']);
  expect(writes).toHaveLength(1);
  expect(commit.bytes()).toBe(0);
});

test('When the disk stands still, then what waits for it in memory is bounded', async () => {
  const { commit } = slowDisk();
  const outcomes: string[] = [];
  for (let count = 0; count < 40; count += 1)
    void commit.write(newRecord(1024 * 1024), FAR).then((written) => outcomes.push(written));
  await eventually(() => outcomes.length >= 8);
  expect(new Set(outcomes)).toEqual(new Set(['full']));
  expect(commit.bytes()).toBeLessThanOrEqual(32 * 1024 * 1024);
});

test('When a write fails, then each record of it has failed, the disk counts as failing, and a try without a record finds it well again', async () => {
  const { writes, failures, commit } = slowDisk();
  const first = commit.write(newRecord(), FAR);
  const second = commit.write(newRecord(), FAR);
  writes[0]?.end(new Error('no space'));
  expect(await first).toBe('failed');
  expect(commit.isFailing()).toBe(true);
  await eventually(() => writes.length === 2);
  writes[1]?.end(new Error('no space'));
  expect(await second).toBe('failed');
  await commit.idle();
  expect(failures).toHaveLength(2);
  await commit.probe();
  expect(commit.isFailing()).toBe(false);
});

/** Records on a disk on which nothing can be written any more. */
function fullDisk(count: number) {
  const states: RecordState[] = Array.from({ length: count }, () => 'waiting');
  const waiting = new Map([['t/0', count]]);
  const told: string[] = [];
  const segment = {
    stateOf: (index: number) => states[index],
    storedAtMs: () => 0,
    read: async ({ index }: { index: number }): Promise<OutgoingRecord> => ({
      topic: 't',
      partition: 0,
      key: null,
      value: Buffer.from(String(index)),
      headers: {},
    }),
  } as unknown as Segment;
  const all: SpooledRecord[] = states.map((_, index) => ({
    segment,
    entry: { index, offset: 0, bytes: 10, place: 't/0' },
  }));
  const sent: string[] = [];
  const drain = createDrain({
    store: {
      mark: async (records, state) => {
        for (const { entry } of records) states[entry.index] = state;
        throw new Error('no space');
      },
      pending: () => all.filter(({ entry }) => ['waiting', 'sending'].includes(states[entry.index] ?? '')),
      oldestMs: () => null,
      tidy: async () => undefined,
    },
    waiting,
    settled: (place) => {
      const left = (waiting.get(place) ?? 0) - 1;
      if (left === 0) waiting.delete(place);
      else waiting.set(place, left);
    },
    publishAll: async (records): Promise<readonly PublishOutcome[]> => {
      for (const { value } of records) sent.push(String(value));
      return records.map(() => 'durable');
    },
    mayPublish: () => true,
    waitsElsewhere: () => false,
    now: () => 0,
    observer: {
      began: () => undefined,
      ended: () => undefined,
      failed: (what) => told.push(what),
      setAside: () => undefined,
      resent: () => undefined,
      found: () => undefined,
    },
  });
  return { drain, sent, told };
}

test('When what was sent cannot be written down, then it is sent once all the same, and the failure is told', async () => {
  const { drain, sent, told } = fullDisk(1_200);
  drain.wake();
  await drain.drained();
  expect(sent).toHaveLength(1_200);
  expect(new Set(sent).size).toBe(1_200);
  expect(told).toContain('mark');
});

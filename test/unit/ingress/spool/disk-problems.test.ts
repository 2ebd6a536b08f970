import { afterEach, expect, test } from '@jest/globals';
import { createDrain } from '../../../../services/ingress/spool/drain.ts';
import { createGroupCommit, type GroupCommit } from '../../../../services/ingress/spool/group-commit.ts';
import type { NewRecord, Segment } from '../../../../services/ingress/spool/segment.ts';
import type { RecordState } from '../../../../services/ingress/spool/segment-format.ts';
import type { SpooledRecord } from '../../../../services/ingress/spool/spool-store.ts';
import type { OutgoingRecord, PublishOutcome } from '../../../../services/shared/kafka/publisher/outgoing-record.ts';
import { eventually } from '../../../support/eventually.ts';

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

/** A disk whose writes end when and how the test decides. */
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
    (_record, outcome) => late.push(outcome),
  );
  commits.push(commit);
  return { writes, clock, late, failures, commit };
}

test('When the disk stalls, then callers are answered at the deadline, and the outcome of the pending write is reported when it ends', async () => {
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

test('When the disk stalls, then the memory of waiting writes is bounded', async () => {
  const { commit } = slowDisk();
  const outcomes: string[] = [];
  for (let count = 0; count < 40; count += 1)
    void commit.write(newRecord(1024 * 1024), FAR).then((outcome) => outcomes.push(outcome));
  await eventually(() => outcomes.length >= 8);
  expect(new Set(outcomes)).toEqual(new Set(['full']));
  expect(commit.bytes()).toBeLessThanOrEqual(32 * 1024 * 1024);
});

test('When a write fails, then all its records have failed, the disk counts as failing, and a probe without a record finds it working again', async () => {
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

/** Records on a disk that rejects every write. */
function fullDisk(count: number) {
  const states: RecordState[] = Array.from({ length: count }, () => 'waiting');
  const waiting = new Map([['t/0', count]]);
  const failures: string[] = [];
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
      removeDone: async () => undefined,
    },
    waiting,
    onSettled: (place) => {
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
      failed: (what) => failures.push(what),
      setAside: () => undefined,
      resent: () => undefined,
      leftovers: () => undefined,
    },
  });
  return { drain, sent, failures };
}

test('When the state of sent records cannot be written, then they are sent only once, and the failure is reported', async () => {
  const { drain, sent, failures } = fullDisk(1_200);
  drain.wake();
  await drain.drained();
  expect(sent).toHaveLength(1_200);
  expect(new Set(sent).size).toBe(1_200);
  expect(failures).toContain('mark');
});

import type { Projection } from './projection.ts';
import type { Positions, RecordHeaders, SourceRecord, TargetRecord } from './records.ts';
import { createTask, type Task } from './task.ts';

/** What becomes of a commit. `unknown-…`: the task is told that it failed, and it did, or did not. */
export type CommitOutcome = 'committed' | 'failed' | 'unknown-committed';

/** A record that is in a log of the driver. */
export type DrivenRecord = Omit<SourceRecord, 'key'> &
  Readonly<{ key: string | null /** False: another writer's; see CommittedRecord. */; transactional?: boolean }>;

/**
 * Runs a projection without a broker: logs in memory, the same tasks, the same bytes. Nothing happens by itself: a test
 * says what is delivered, when a commit is made and what becomes of it, and when the process dies.
 */
export type TestDriver = Readonly<{
  /** Appends a record to an input, or, as another writer, to any topic. */
  pipe: (record: Omit<DrivenRecord, 'offset' | 'headers'> & Readonly<{ headers?: RecordHeaders }>) => void;
  /** Delivers the next records of an input partition, at most so many. */
  deliver: (topic: string, partition: number, atMost: number) => Promise<void>;
  /** Commits what a partition has folded; a lost task is restored at once. */
  commit: (partition: number, outcome?: CommitOutcome) => Promise<void>;
  /** The process dies, and another starts with nothing but what is committed. */
  crash: () => Promise<void>;
  /** Tells a partition's task where its inputs end now. */
  look: (partition: number) => void;
  /** Delivers and commits everything that is left, and what is due because the inputs end there. */
  drain: () => Promise<void>;
  /** The committed records of a topic, in the order of each partition. */
  records: (topic: string) => readonly DrivenRecord[];
  /** The newest value of each key of a topic, tombstones and other writers' records left out. */
  table: (topic: string) => ReadonlyMap<string, Buffer>;
  /** How many transactions were committed. */
  transactions: () => number;
}>;

/** `create` makes the projection as a new process would: with empty memory. */
export async function createTestDriver(
  create: () => Promise<Projection>,
  partitions: number,
  logTimeMs: () => number = () => 0,
): Promise<TestDriver> {
  const logs = new Map<string, DrivenRecord[]>();
  const log = (topic: string): DrivenRecord[] => {
    const known = logs.get(topic) ?? [];
    logs.set(topic, known);
    return known;
  };
  const lengths = new Map<string, number>();
  let outcome: CommitOutcome = 'committed';
  let transactions = 0;
  let projection = await create();
  let readTo = new Map<string, number>();
  let tasks = new Map<number, Task>();

  const append = (record: Omit<DrivenRecord, 'offset'>): void => {
    const place = `${record.topic}/${record.partition}`;
    const offset = lengths.get(place) ?? 0;
    lengths.set(place, offset + 1);
    log(record.topic).push({ ...record, offset });
  };
  const readBack = async (): Promise<void> => {
    for (const topic of projection.restoredFrom) {
      const from = readTo.get(topic) ?? 0;
      const news = log(topic).slice(from);
      readTo.set(topic, from + news.length);
      await projection.readBack(news.map((record) => ({ ...record, key: record.key ?? '' })));
    }
  };
  const write = async (partition: number, records: readonly TargetRecord[]): Promise<void> => {
    if (outcome !== 'failed') {
      transactions += 1;
      for (const { topic, key, value, headers = {} } of records) {
        append({ topic, partition, key: key?.toString() ?? null, value, headers, timestampMs: logTimeMs() });
      }
    }
    if (outcome !== 'committed') throw new Error(`The commit is ${outcome}`);
  };
  const timers = new Map<number, () => void>();
  const settled = new Map<number, () => void>();
  const endsOf = (partition: number): Positions =>
    Object.fromEntries(projection.inputs.map((topic) => [topic, lengths.get(`${topic}/${partition}`) ?? 0]));
  const open = (partition: number): void => {
    timers.delete(partition);
    const task = createTask({
      opened: projection.open(partition, endsOf(partition)),
      commit: (records) => write(partition, records),
      limits: { intervalMs: 1, records: Number.MAX_SAFE_INTEGER },
      after: (_ms, call) => {
        timers.set(partition, call);
        return () => timers.delete(partition);
      },
      observer: { committed: () => settled.get(partition)?.() },
    });
    tasks.set(partition, task);
  };
  const taskOf = (partition: number): Task => {
    const task = tasks.get(partition);
    if (task === undefined) throw new Error(`No partition ${partition}`);
    return task;
  };
  const start = async (): Promise<void> => {
    readTo = new Map();
    tasks = new Map();
    await readBack();
    for (let partition = 0; partition < partitions; partition += 1) open(partition);
  };
  const commit = async (partition: number, next: CommitOutcome = 'committed'): Promise<void> => {
    const due = timers.get(partition);
    if (due === undefined) return;
    timers.delete(partition);
    outcome = next;
    const committed = new Promise<'committed'>((resolve) => settled.set(partition, () => resolve('committed')));
    due();
    const became = await Promise.race([committed, taskOf(partition).lost]);
    outcome = 'committed';
    await readBack();
    if (became !== 'committed') open(partition);
  };
  const deliver = async (topic: string, partition: number, atMost: number): Promise<void> => {
    const task = taskOf(partition);
    const from = task.positions()[topic] ?? 0;
    const left = log(topic).filter((record) => record.partition === partition && record.offset >= from);
    const records = left
      .slice(0, atMost)
      .map((record) => ({ ...record, key: record.key === null ? null : Buffer.from(record.key) }));
    const last = records.at(-1);
    if (last === undefined) return;
    await projection.prepare(records);
    // A lost task is restored at once.
    if (task.take({ topic, fromOffset: from, nextOffset: last.offset + 1, records }) === 'ended') open(partition);
  };

  const look = (partition: number): void => taskOf(partition).saw(endsOf(partition));

  await start();
  return {
    pipe: ({ headers = {}, ...record }) => append({ ...record, headers }),
    deliver,
    commit,
    look,
    crash: async () => {
      projection = await create();
      await start();
    },
    drain: async () => {
      for (let partition = 0; partition < partitions; partition += 1) {
        for (const topic of projection.inputs) await deliver(topic, partition, Number.MAX_SAFE_INTEGER);
        await commit(partition);
        look(partition);
        await commit(partition);
      }
    },
    records: (topic) => [...log(topic)],
    table: (topic) => {
      const table = new Map<string, Buffer>();
      for (const { key, value, transactional = true } of log(topic)) {
        if (!transactional) continue;
        if (value === null) table.delete(key ?? '');
        else table.set(key ?? '', value);
      }
      return table;
    },
    transactions: () => transactions,
  };
}

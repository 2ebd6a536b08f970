import type { Opened, Projection } from '../../projection/projection.ts';
import type { LogLookup } from '../log-identity/log-lookup.ts';
import { assertSameTopics, type FollowedLogs, followLogs } from '../log-identity/same-log.ts';
import type { TableReader } from '../table-reader/table-reader.ts';
import type { EndsOfTopics } from '../topics/log-ends.ts';

/** Restores tasks, and remembers the logs that each of them reads. */
export type TaskLogs = Readonly<{
  followed: ReadonlyMap<number, FollowedLogs>;
  /**
   * Waits until everything committed so far is read back, then opens the fold. Call it after the fence, as nothing is added then. Throws
   * PositionOutsideLogError unless the inputs are the logs that the committed position belongs to.
   */
  restore: (partition: number) => Promise<Opened>;
  /** Throws LogChangedError if an input of a restored task was recreated. */
  assertSame: (partition: number) => Promise<void>;
  forget: (partition: number) => void;
}>;

type Options = Readonly<{
  projection: Projection;
  reader: Pick<TableReader, 'reached'>;
  lookup: LogLookup;
  fetchEnds: () => Promise<EndsOfTopics>;
  remedy: string;
}>;

export function createTaskLogs({ projection, reader, lookup, fetchEnds, remedy }: Options): TaskLogs {
  const { inputs, restoredFrom } = projection;
  const followed = new Map<number, FollowedLogs>();
  return {
    followed,
    restore: async (partition) => {
      const endsIn = (ends: EndsOfTopics, topic: string) => ends.get(topic)?.get(partition) ?? { low: 0, high: 0 };
      const ids = await lookup.topicIds(partition);
      const ends = await fetchEnds();
      const endsOf = (topic: string) => endsIn(ends, topic);
      await Promise.all(restoredFrom.map((topic) => reader.reached(topic, partition, endsOf(topic).high)));
      const opened = projection.open(partition, Object.fromEntries(inputs.map((topic) => [topic, endsOf(topic).high])));
      const fetchEndsOf = async (topic: string) => endsIn(await fetchEnds(), topic);
      const marks = projection.lastCounted(partition);
      const logs = { lookup, ids, endsOf, fetchEndsOf, remedy };
      followed.set(partition, await followLogs(logs, partition, opened.positions, marks));
      return opened;
    },
    assertSame: async (partition) => {
      const logs = followed.get(partition);
      if (logs !== undefined) await assertSameTopics(lookup, partition, logs);
    },
    forget: (partition) => followed.delete(partition),
  };
}

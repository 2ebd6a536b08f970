import { isSameMark, type LogMark, type LogMarks } from '../../projection/log-mark.ts';
import type { Positions } from '../../projection/records.ts';
import type { LogEnds } from '../topics/log-ends.ts';
import { assertInLog, changedLog, removedRecords } from './assert-in-log.ts';
import { LogChangedError } from './log-changed.ts';
import type { LogLookup } from './log-lookup.ts';
import type { TopicIds } from './topic-ids.ts';

/** What a running task remembers of the logs it reads, to check it when it commits and when a leader changes. */
export type FollowedLogs = Readonly<{
  ids: TopicIds;
  /** By topic, the last record read and the epoch of the leader that wrote it; updated as records are folded. */
  places: Map<string, Readonly<{ mark: LogMark | null; epoch: number | null }>>;
}>;

type Options = Readonly<{
  lookup: Pick<LogLookup, 'recordAt' | 'nextOffset'>;
  /** Fetched before anything else, so that a topic recreated later has another id. */
  ids: TopicIds;
  /** The ends of this partition of an input, as fetched a moment ago. */
  endsOf: (topic: string) => LogEnds;
  /** Fetches them again. */
  fetchEndsOf: (topic: string) => Promise<LogEnds>;
  remedy: string;
}>;

/**
 * Throws PositionOutsideLogError unless each input is still the log that was read up to its position: the position is in it, the last
 * counted record is at its offset, and the next record follows. A last counted record below the start of the log is not checked: counted
 * records may be deleted.
 */
export async function followLogs(
  { lookup, ids, endsOf, fetchEndsOf, remedy }: Options,
  partition: number,
  positions: Positions,
  marks: LogMarks,
): Promise<FollowedLogs> {
  const places: FollowedLogs['places'] = new Map();
  for (const [topic, position] of Object.entries(positions)) {
    const ends = endsOf(topic);
    assertInLog(topic, partition, position, ends, remedy);
    const mark = marks[topic] ?? null;
    const found = mark === null ? null : await lookup.recordAt(topic, partition, mark.offset);
    if (mark !== null && (found === null || !isSameMark(found.mark, mark))) {
      const now = await fetchEndsOf(topic);
      assertInLog(topic, partition, position, now, remedy);
      if (mark.offset >= now.low) throw changedLog(topic, partition, mark, remedy);
    }
    const next = position < ends.high ? await lookup.nextOffset(topic, partition, position) : null;
    if (next !== null && next > position) {
      assertInLog(topic, partition, position, await fetchEndsOf(topic), remedy);
      throw removedRecords(topic, partition, position, next, remedy);
    }
    places.set(topic, { mark, epoch: found?.epoch ?? null });
  }
  return { ids, places };
}

/** Throws LogChangedError if a topic has another id than the one that was read; errors of the lookup are thrown unchanged. */
export async function assertSameTopics(
  lookup: Pick<LogLookup, 'topicIds'>,
  partition: number,
  { ids }: FollowedLogs,
): Promise<void> {
  const now = await lookup.topicIds(partition);
  for (const [topic, id] of ids) {
    if (now.get(topic) !== id) throw new LogChangedError(`${topic} was recreated while it was read`);
  }
}

/**
 * Throws LogChangedError if another leader wrote the next record and the log has lost what the former leader wrote: an out-of-sync replica
 * was elected, or a disk lost the end of the log. Nothing is looked up while the leader stays the same.
 */
export async function assertNothingLost(
  lookup: Pick<LogLookup, 'recordAt'>,
  topic: string,
  partition: number,
  { places }: FollowedLogs,
  nextEpoch: number | null,
): Promise<void> {
  const { mark, epoch } = places.get(topic) ?? { mark: null, epoch: null };
  if (mark === null || epoch === null || epoch === nextEpoch) return;
  const found = await lookup.recordAt(topic, partition, mark.offset);
  if (found !== null && isSameMark(found.mark, mark)) return;
  throw new LogChangedError(`${topic} lost record ${mark.offset} when its leader changed`);
}

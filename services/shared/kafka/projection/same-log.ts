import { isSameMark, type LogMark, type LogMarks } from '../../projection/log-mark.ts';
import type { Positions } from '../../projection/records.ts';
import { LogChangedError } from '../log-lookup/log-changed.ts';
import type { LogLookup, TopicIds } from '../log-lookup/log-lookup.ts';
import { assertInLog, changedLog, removedRecords } from './assert-in-log.ts';
import type { LogEnds } from './log-ends.ts';

/** What a running task knows of the logs it reads: what has to be the same still when it commits, and when a leader changes. */
export type FollowedLogs = Readonly<{
  ids: TopicIds;
  /** By topic; changed as records are folded. */
  places: Map<string, Readonly<{ mark: LogMark | null; epoch: number | null }>>;
}>;

type Options = Readonly<{
  lookup: Pick<LogLookup, 'recordAt' | 'nextOffset'>;
  /** As they were before anything else was looked at: a topic that is made anew later shows. */
  ids: TopicIds;
  /** The ends of this partition of an input, as they were a moment ago. */
  endOf: (topic: string) => LogEnds;
  /** As they are now. */
  askEndOf: (topic: string) => Promise<LogEnds>;
  remedy: string;
}>;

/**
 * Throws PositionOutsideLogError unless each input still is the log that was read up to its position: the position is in it, the last record counted is where
 * it was, and the next one follows. Below the start of the log nothing can be looked at: records that were counted may be deleted.
 */
export async function followLogs(
  { lookup, ids, endOf, askEndOf, remedy }: Options,
  partition: number,
  positions: Positions,
  marks: LogMarks,
): Promise<FollowedLogs> {
  const places: FollowedLogs['places'] = new Map();
  for (const [topic, position] of Object.entries(positions)) {
    const ends = endOf(topic);
    assertInLog(topic, partition, position, ends, remedy);
    const mark = marks[topic] ?? null;
    const found = mark === null ? null : await lookup.recordAt(topic, partition, mark.offset);
    if (mark !== null && (found === null || !isSameMark(found.mark, mark))) {
      const now = await askEndOf(topic);
      assertInLog(topic, partition, position, now, remedy);
      if (mark.offset >= now.low) throw changedLog(topic, partition, mark, remedy);
    }
    const next = position < ends.high ? await lookup.nextOffset(topic, partition, position) : null;
    if (next !== null && next > position) {
      assertInLog(topic, partition, position, await askEndOf(topic), remedy);
      throw removedRecords(topic, partition, position, next, remedy);
    }
    places.set(topic, { mark, epoch: found?.epoch ?? null });
  }
  return { ids, places };
}

/** Throws LogChangedError where a topic is not the one that was followed, and what the question throws. */
export async function assertSameTopics(
  lookup: Pick<LogLookup, 'topicIds'>,
  partition: number,
  { ids }: FollowedLogs,
): Promise<void> {
  const now = await lookup.topicIds(partition);
  for (const [topic, id] of ids) {
    if (now.get(topic) !== id) throw new LogChangedError(`${topic} was made anew while it was read`);
  }
}

/**
 * Throws LogChangedError where another leader wrote what comes next and the log has lost what the former one wrote: a leader that was not in sync was elected,
 * or a disk lost its end.
 */
export async function assertSameLine(
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
  throw new LogChangedError(`${topic} has lost record ${mark.offset} to a change of its leader`);
}

import { type LogMark, type LogMarks, markOf } from './log-mark.ts';
import type { SourceRecord } from './records.ts';

/** Keeps the last record folded of each input, as a mark. */
export type LastRecords = Readonly<{
  saw: (record: SourceRecord) => void;
  /** Null where none was ever folded. */
  markOf: (topic: string) => LogMark | null;
}>;

/** `before` are the marks of what is committed. */
export function createLastRecords(before: LogMarks): LastRecords {
  const marks = new Map<string, LogMark | null>(Object.entries(before));
  /** Not marked yet: a hash of each record would be of no use to anybody. */
  const unmarked = new Map<string, SourceRecord>();
  return {
    saw: (record) => unmarked.set(record.topic, record),
    markOf: (topic) => {
      const record = unmarked.get(topic);
      if (record !== undefined) marks.set(topic, markOf(record));
      // The record holds on to all that was fetched with it.
      unmarked.delete(topic);
      return marks.get(topic) ?? null;
    },
  };
}

import { type LogMark, type LogMarks, markOf } from './log-mark.ts';
import type { SourceRecord } from './records.ts';

/** Remembers the mark of the last record folded from each input. */
export type LastRecords = Readonly<{
  observe: (record: SourceRecord) => void;
  /** Null if no record of the topic was ever folded. */
  markOf: (topic: string) => LogMark | null;
}>;

/** `committed` are the marks in the committed state. */
export function createLastRecords(committed: LogMarks): LastRecords {
  const marks = new Map<string, LogMark | null>(Object.entries(committed));
  /** Records whose mark is not computed yet: only the last one before a commit needs its hash. */
  const unmarked = new Map<string, SourceRecord>();
  return {
    observe: (record) => unmarked.set(record.topic, record),
    markOf: (topic) => {
      const record = unmarked.get(topic);
      if (record !== undefined) marks.set(topic, markOf(record));
      // A record keeps everything that was fetched with it in memory.
      unmarked.delete(topic);
      return marks.get(topic) ?? null;
    },
  };
}

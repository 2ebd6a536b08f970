import { type RunLater, runLater } from '../lifecycle/run-later.ts';
import type { LogFields, Logger } from './logger.ts';

/**
 * Keeps a log readable while the same problem repeats. The first line of a kind is written at once. Further ones are only counted, and at the end of each minute
 * that had any, one line is written with the fields of the last one and their `count`. After a minute without any, the next one is written at once again.
 */
export type Summary = Readonly<{
  /** `key` distinguishes kinds of the same event; it is not logged. Kinds beyond the first 5 of an event are counted as one. */
  warn: (event: string, key: string, fields?: LogFields) => void;
  error: (event: string, key: string, fields?: LogFields) => void;
  /** Writes what is counted and not logged yet. The summary can still be used afterwards and starts from nothing. */
  close: () => void;
}>;

type Level = 'warn' | 'error';
type Kind = Readonly<{ add: (fields: LogFields) => void; close: () => void }>;

const INTERVAL_MS = 60_000;
const MAX_KINDS_PER_EVENT = 5;
const OTHERS = Symbol('all kinds beyond the limit');

const summaries = new WeakMap<Logger, Summary>();

/** The summary of a logger. There is only one per logger, so that all callers with the same problem share its lines. */
export function summaryOf(logger: Logger): Summary {
  const known = summaries.get(logger) ?? createSummary(logger);
  summaries.set(logger, known);
  return known;
}

/** Exported for tests; everything else uses `summaryOf`. */
export function createSummary(logger: Pick<Logger, Level>, later: RunLater = runLater): Summary {
  const kindsOf = new Map<string, Map<string | symbol, Kind>>();

  const summarise =
    (level: Level) =>
    (event: string, key: string, fields: LogFields = {}): void => {
      const kinds = kindsOf.get(`${level} ${event}`) ?? new Map<string | symbol, Kind>();
      kindsOf.set(`${level} ${event}`, kinds);
      const kind = kinds.has(key) || kinds.size < MAX_KINDS_PER_EVENT ? key : OTHERS;
      const known = kinds.get(kind);
      if (known !== undefined) {
        known.add(fields);
        return;
      }
      const write = (summary: LogFields) => logger[level](event, summary);
      const onQuiet = () => kinds.delete(kind);
      write(fields);
      kinds.set(kind, createKind(write, onQuiet, later));
    };

  return {
    warn: summarise('warn'),
    error: summarise('error'),
    close: () => {
      for (const kinds of kindsOf.values()) for (const kind of kinds.values()) kind.close();
      kindsOf.clear();
    },
  };
}

/** A kind of which one line was just written. `onQuiet` is called after a minute without another one. */
function createKind(write: (fields: LogFields) => void, onQuiet: () => void, later: RunLater): Kind {
  let count = 0;
  let last: LogFields = {};
  const writeCount = (): void => {
    write({ ...last, count });
    count = 0;
  };
  const minuteEnded = (): void => {
    if (count === 0) {
      onQuiet();
      return;
    }
    writeCount();
    cancel = later(minuteEnded, INTERVAL_MS);
  };
  let cancel = later(minuteEnded, INTERVAL_MS);
  return {
    add: (fields) => {
      count += 1;
      last = fields;
    },
    close: () => {
      cancel();
      if (count > 0) writeCount();
    },
  };
}

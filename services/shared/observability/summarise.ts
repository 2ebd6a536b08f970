import { type RunLater, runLater } from '../lifecycle/run-later.ts';
import type { LogFields, Logger } from './logger.ts';

/**
 * Keeps a log readable while the same thing goes wrong again and again. The first line of a kind is written at once; further
 * ones are only counted, and every minute in which there were some ends with one line: the last one's fields, and `count`, of how
 * many it stands for. After a minute without any, the next one is written at once again.
 */
export type Summary = Readonly<{
  /** `key` tells the kinds of an event apart; it is not logged. Those beyond the first 5 of an event are counted as one kind. */
  warn: (event: string, key: string, fields?: LogFields) => void;
  error: (event: string, key: string, fields?: LogFields) => void;
  /** Writes what is counted and not told yet. It can be used on; everything is then new to it. */
  close: () => void;
}>;

type Level = 'warn' | 'error';
type Kind = Readonly<{ add: (fields: LogFields) => void; close: () => void }>;

const EVERY_MS = 60_000;
const KINDS_OF_AN_EVENT = 5;
const OTHERS = Symbol('all kinds beyond the limit');

const summaries = new WeakMap<Logger, Summary>();

/** The summary of a logger: there is one, whoever asks, so that all who meet the same trouble share its lines. */
export function summaryOf(logger: Logger): Summary {
  const known = summaries.get(logger) ?? createSummary(logger);
  summaries.set(logger, known);
  return known;
}

/** A summary for a test; see `summaryOf`. */
export function createSummary(logger: Pick<Logger, Level>, later: RunLater = runLater): Summary {
  const kindsOf = new Map<string, Map<string | symbol, Kind>>();

  const say =
    (level: Level) =>
    (event: string, key: string, fields: LogFields = {}): void => {
      const kinds = kindsOf.get(`${level} ${event}`) ?? new Map<string | symbol, Kind>();
      kindsOf.set(`${level} ${event}`, kinds);
      const place = kinds.has(key) || kinds.size < KINDS_OF_AN_EVENT ? key : OTHERS;
      const known = kinds.get(place);
      if (known !== undefined) {
        known.add(fields);
        return;
      }
      const write = (said: LogFields) => logger[level](event, said);
      const onQuiet = () => kinds.delete(place);
      write(fields);
      kinds.set(place, createKind(write, onQuiet, later));
    };

  return {
    warn: say('warn'),
    error: say('error'),
    close: () => {
      for (const kinds of kindsOf.values()) for (const kind of kinds.values()) kind.close();
      kindsOf.clear();
    },
  };
}

/** What was written once, from then on. `onQuiet`: a minute passed without another one. */
function createKind(write: (fields: LogFields) => void, onQuiet: () => void, later: RunLater): Kind {
  let count = 0;
  let last: LogFields = {};
  const tell = (): void => {
    write({ ...last, count });
    count = 0;
  };
  const minuteEnded = (): void => {
    if (count === 0) {
      onQuiet();
      return;
    }
    tell();
    callOff = later(minuteEnded, EVERY_MS);
  };
  let callOff = later(minuteEnded, EVERY_MS);
  return {
    add: (fields) => {
      count += 1;
      last = fields;
    },
    close: () => {
      callOff();
      if (count > 0) tell();
    },
  };
}

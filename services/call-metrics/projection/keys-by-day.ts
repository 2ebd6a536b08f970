import { LIFETIME } from '../../shared/call-events/table-key.ts';
import { dayOfDate } from '../domain/calendar.ts';

/** The keys of all day rows of a partition, by day. */
export type KeysByDay = Readonly<{
  add: (day: number, key: string) => void;
  hasBefore: (day: number) => boolean;
  /** Removes and returns the days before this one with their keys. */
  takeBefore: (day: number) => readonly (readonly [number, ReadonlySet<string>])[];
}>;

/** `keys` are keys of the table; those of lifetimes are ignored. */
export function createKeysByDay(keys: Iterable<string>): KeysByDay {
  const days = new Map<number, Set<string>>();
  const add = (day: number, key: string): void => {
    const known = days.get(day);
    if (known === undefined) days.set(day, new Set([key]));
    else known.add(key);
  };
  for (const key of keys) {
    const window = key.slice(key.lastIndexOf('/') + 1);
    const day = window === LIFETIME ? null : dayOfDate(window);
    if (day !== null) add(day, key);
  }
  return {
    add,
    hasBefore: (first) => [...days.keys()].some((day) => day < first),
    takeBefore: (first) => {
      const taken = [...days].filter(([day]) => day < first);
      for (const [day] of taken) days.delete(day);
      return taken;
    },
  };
}

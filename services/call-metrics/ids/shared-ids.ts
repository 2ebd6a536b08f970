import type { EventKind } from '../../shared/call-events/topics.ts';
import { createSeenIds, seenEntry } from '../../shared/projection/seen-ids.ts';
import type { CountedSubject } from '../domain/counted-event.ts';

/** A record of an input that counts: which event it is, and whose. */
export type CountedRecord = Readonly<{
  input: EventKind;
  id: string;
  subject: CountedSubject;
  place: Readonly<{ topic: string; partition: number; offset: number }>;
}>;

/** An id that counts for more than one subject, and where the first record of each of them is. */
export type SharedId = Readonly<{ input: EventKind; id: string; places: readonly CountedRecord['place'][] }>;

/** More ids than these, and more places of one, are not listed. */
export const MOST_IDS = 10_000;
export const MOST_PLACES = 10;

/**
 * Finds ids that occur under more than one subject. An id takes up to 110 bytes while its table grows: so they are shared out among `passes`, each of which is
 * given all records and remembers its part of the ids.
 */
export type IdFinder = Readonly<{
  add: (record: CountedRecord) => void;
  /** Begins the next pass. */
  nextPass: () => void;
  /** Names of the ids found in all passes, at most MOST_IDS. */
  found: () => ReadonlySet<string>;
}>;

export function createIdFinder(passes: number): IdFinder {
  const found = new Set<string>();
  let pass = 0;
  let seen = createSeenIds();
  return {
    add: ({ input, id, subject }) => {
      const name = nameOf(input, id);
      // To the table, what is the content of an event elsewhere is here whose event it is.
      const entry = seenEntry(name, Buffer.from(subjectName(subject)), 0);
      // Its first word chooses the place in the table, so another one chooses the pass.
      if ((entry.id3 >>> 0) % passes !== pass) return;
      const sighting = seen.sighting(entry, -Infinity);
      if (sighting === 'new') seen.add(entry, -Infinity);
      if (sighting === 'conflict' && found.size < MOST_IDS) found.add(name);
    },
    nextPass: () => {
      pass += 1;
      seen = createSeenIds();
    },
    found: () => found,
  };
}

/** Gathers the places of the ids found, from all records once more. */
export function createPlaceCollector(found: ReadonlySet<string>) {
  const ids = new Map<string, { input: EventKind; id: string; bySubject: Map<string, CountedRecord['place']> }>();
  return {
    add: ({ input, id, subject, place }: CountedRecord): void => {
      const name = nameOf(input, id);
      if (!found.has(name)) return;
      const known = ids.get(name) ?? { input, id, bySubject: new Map() };
      ids.set(name, known);
      const whose = subjectName(subject);
      if (known.bySubject.size < MOST_PLACES && !known.bySubject.has(whose)) known.bySubject.set(whose, place);
    },
    /** In the order of their names. */
    shared: (): readonly SharedId[] =>
      [...ids]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { input, id, bySubject }]) => ({ input, id, places: [...bySubject.values()] })),
  };
}

const nameOf = (input: EventKind, id: string): string => `${input}/${id}`;

const subjectName = ({ type, id }: CountedSubject): string => `${type}/${id}`;

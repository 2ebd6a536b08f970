import type { EventKind } from '../../shared/call-events/topics.ts';
import { seenEntry } from '../../shared/projection/seen-entry.ts';
import { createSeenIds } from '../../shared/projection/seen-ids.ts';
import type { CountedSubject } from '../domain/counted-event.ts';

/** A record of an input that counts: the event's id and its subject. */
export type CountedRecord = Readonly<{
  input: EventKind;
  id: string;
  subject: CountedSubject;
  place: Readonly<{ topic: string; partition: number; offset: number }>;
}>;

/** An id that counts for more than one subject, with the place of each subject's first record. */
export type SharedId = Readonly<{ input: EventKind; id: string; places: readonly CountedRecord['place'][] }>;

export const MAX_LISTED_IDS = 10_000;
/** Per id. */
export const MAX_LISTED_PLACES = 10;

/**
 * Finds ids that occur for more than one subject. An id takes up to 110 bytes while its table grows, so the ids are divided
 * among `passes`: each pass reads all records and remembers only its share of the ids.
 */
export type IdFinder = Readonly<{
  add: (record: CountedRecord) => void;
  nextPass: () => void;
  /** The names of the ids found in all passes, at most MAX_LISTED_IDS. */
  found: () => ReadonlySet<string>;
}>;

export function createIdFinder(passes: number): IdFinder {
  const found = new Set<string>();
  let pass = 0;
  let seen = createSeenIds();
  return {
    add: ({ input, id, subject }) => {
      const name = nameOf(input, id);
      // The subject takes the place of the content: the same id with another subject is then a conflict.
      const entry = seenEntry(name, Buffer.from(subjectName(subject)), 0);
      // The first word selects the slot in the table, so another word has to select the pass.
      if ((entry.id3 >>> 0) % passes !== pass) return;
      const sighting = seen.sighting(entry, -Infinity);
      if (sighting === 'new') seen.add(entry, -Infinity);
      if (sighting === 'conflict' && found.size < MAX_LISTED_IDS) found.add(name);
    },
    nextPass: () => {
      pass += 1;
      seen = createSeenIds();
    },
    found: () => found,
  };
}

/** Collects the places of the found ids in another pass over all records. */
export function createPlaceCollector(found: ReadonlySet<string>) {
  const ids = new Map<string, { input: EventKind; id: string; bySubject: Map<string, CountedRecord['place']> }>();
  return {
    add: ({ input, id, subject, place }: CountedRecord): void => {
      const name = nameOf(input, id);
      if (!found.has(name)) return;
      const known = ids.get(name) ?? { input, id, bySubject: new Map() };
      ids.set(name, known);
      const owner = subjectName(subject);
      if (known.bySubject.size < MAX_LISTED_PLACES && !known.bySubject.has(owner)) known.bySubject.set(owner, place);
    },
    /** Sorted by name. */
    shared: (): readonly SharedId[] =>
      [...ids]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { input, id, bySubject }]) => ({ input, id, places: [...bySubject.values()] })),
  };
}

const nameOf = (input: EventKind, id: string): string => `${input}/${id}`;

const subjectName = ({ type, id }: CountedSubject): string => `${type}/${id}`;

import { createPlaceCounts } from './place-counts.ts';
import type { SpoolObserver } from './spool-observer.ts';

/** The records that wait to be sent. Notifies the observer when spooling begins and ends. */
export type Backlog = Readonly<{
  /** How many records wait for each place. */
  waiting: ReadonlyMap<string, number>;
  records: () => number;
  add: (place: string, records: number) => void;
  remove: (place: string) => void;
  /** A record is on disk: spooling has begun. It ends when no record waits. */
  began: () => void;
}>;

export function createBacklog(observer: Pick<SpoolObserver, 'began' | 'ended'>): Backlog {
  const counts = createPlaceCounts();
  let records = 0;
  let spooling = false;
  return {
    waiting: counts.byPlace,
    records: () => records,
    add: (place, added) => {
      counts.add(place, added);
      records += added;
    },
    remove: (place) => {
      counts.add(place, -1);
      records -= 1;
      if (records > 0 || !spooling) return;
      spooling = false;
      observer.ended();
    },
    began: () => {
      if (!spooling) observer.began();
      spooling = true;
    },
  };
}

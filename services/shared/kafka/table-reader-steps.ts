const STILL_MS = 2_000;
const FETCHES = 4;
/** A node that was asked longer ago than any request may take is none of the cluster any more. */
const FORGOTTEN_MS = 30_000;

type Place = Readonly<{ topic: string; partition: number }>;
type Node = { answered: number; askedAtMs: number };
type Watched = Place & { movedAtMs: number; stepping: boolean; since: ReadonlyMap<number, number> | null };

/**
 * Tells which partitions are read in vain: kafkajs never moves past a batch that the log cleaner emptied. `nowMs` is a
 * monotonic clock in milliseconds.
 *
 * A partition is stepped over only when all of this holds, as a step over a record would lose it: its leader says that
 * the log goes on; for 2 s nothing was read; and since the leader said so every node that is asked at all has answered
 * 4 fetches (a node that hangs or fails may be the one kafkajs still takes for the leader). After a first step the next
 * need no 2 s.
 */
export type Steps = Readonly<{
  moved: (place: Place, nowMs: number) => void;
  leaderSays: (place: Place, goesOn: boolean, nowMs: number) => void;
  fetchAsked: (node: number, nowMs: number) => void;
  fetchAnswered: (node: number, nowMs: number) => void;
}>;

/** `step` moves a partition one offset forward and answers whether its log still goes on there. */
export function createSteps(step: (place: Place) => boolean): Steps {
  const nodes = new Map<number, Node>();
  const watched = new Map<string, Watched>();
  const watch = ({ topic, partition }: Place, nowMs: number): Watched => {
    const key = `${topic}/${partition}`;
    const known = watched.get(key) ?? { topic, partition, movedAtMs: nowMs, stepping: false, since: null };
    watched.set(key, known);
    return known;
  };
  const answers = (): ReadonlyMap<number, number> =>
    new Map([...nodes].map(([node, { answered }]) => [node, answered]));
  const allAnsweredSince = (since: ReadonlyMap<number, number>): boolean =>
    nodes.size > 0 && [...nodes].every(([node, { answered }]) => answered - (since.get(node) ?? 0) >= FETCHES);

  return {
    moved: (place, nowMs) => {
      const one = watch(place, nowMs);
      one.movedAtMs = nowMs;
      one.stepping = false;
      one.since = null;
    },
    leaderSays: (place, goesOn, nowMs) => {
      const one = watch(place, nowMs);
      if (!goesOn) one.since = null;
      else one.since ??= answers();
    },
    fetchAsked: (id, nowMs) => {
      const node = nodes.get(id) ?? { answered: 0, askedAtMs: nowMs };
      node.askedAtMs = nowMs;
      nodes.set(id, node);
    },
    fetchAnswered: (id, nowMs) => {
      const node = nodes.get(id);
      if (node !== undefined) node.answered += 1;
      for (const [other, { askedAtMs }] of nodes) if (nowMs - askedAtMs > FORGOTTEN_MS) nodes.delete(other);
      for (const one of watched.values()) {
        if (one.since === null || !(one.stepping || nowMs - one.movedAtMs >= STILL_MS)) continue;
        if (!allAnsweredSince(one.since)) continue;
        one.stepping = step(one);
        one.since = one.stepping ? answers() : null;
        one.movedAtMs = nowMs;
      }
    },
  };
}

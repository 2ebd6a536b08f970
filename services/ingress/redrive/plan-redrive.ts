import { parseJson } from '../../shared/call-events/parse-json.ts';
import type { EventMessage } from '../domain/event-message.ts';
import type { Recognition } from '../domain/recognise.ts';

/** A record of `unrecognised-webhooks`. */
export type KeptWebhook = Readonly<{
  partition: number;
  offset: number;
  timestampMs: number;
  /** Null in a marker. */
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
}>;

/**
 * The header of a marker: a record without a value, in the same topic, which says that the record at
 * `<partition>/<offset>` was redriven. It commits together with the event, so that a second run knows.
 */
export const REDRIVEN_HEADER = 'redriven';

/** Where a kept webhook is, as a marker names it. */
export const coordinatesOf = ({ partition, offset }: Readonly<{ partition: number; offset: number }>): string =>
  `${partition}/${offset}`;

/** A kept webhook that today's parser recognises, and the event it becomes. */
export type Redrivable = Readonly<{ kept: KeptWebhook; message: EventMessage }>;

export type RedrivePlan = Readonly<{
  /** To be published, in the order in which they were received. */
  redrivable: readonly Redrivable[];
  /** How many were published by earlier runs. */
  redrivenBefore: number;
  /** How many are still not recognised, by reason. */
  unrecognised: Readonly<Record<string, number>>;
}>;

/** Collects records of the topic, in any order, and tells what a run has to do. */
export type RedrivePlanner = Readonly<{ add: (kept: KeptWebhook) => void; plan: () => RedrivePlan }>;

/** Keeps in memory only what is recognised now. `recognise` and `toMessage` are those of the ingress. */
export function createRedrivePlanner(
  recognise: (json: unknown) => Recognition,
  toMessage: (recognition: Recognition, kept: KeptWebhook) => EventMessage,
): RedrivePlanner {
  const redriven = new Set<string>();
  const candidates = new Map<string, Redrivable>();
  const unrecognised: Record<string, number> = {};

  return {
    add: (kept) => {
      const marker = kept.headers[REDRIVEN_HEADER];
      if (marker !== undefined) return void redriven.add(marker);
      const recognition = recognise(parseJson(kept.value?.toString('utf8') ?? 'null'));
      if (recognition.kind === 'unrecognised') {
        unrecognised[recognition.reason] = (unrecognised[recognition.reason] ?? 0) + 1;
      } else candidates.set(coordinatesOf(kept), { kept, message: toMessage(recognition, kept) });
    },
    plan: () => {
      const redrivable = [...candidates]
        .filter(([coordinates]) => !redriven.has(coordinates))
        .map(([, candidate]) => candidate);
      redrivable.sort(
        (a, b) =>
          a.kept.timestampMs - b.kept.timestampMs ||
          a.kept.partition - b.kept.partition ||
          a.kept.offset - b.kept.offset,
      );
      return { redrivable, redrivenBefore: candidates.size - redrivable.length, unrecognised };
    },
  };
}

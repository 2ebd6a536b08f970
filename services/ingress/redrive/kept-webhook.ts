/** A record in `unrecognised-webhooks`. */
export type KeptWebhook = Readonly<{
  partition: number;
  offset: number;
  timestampMs: number;
  /** The webhook's body; null in a marker. */
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
  /** Whether it was written in a transaction: markers are, webhooks are not. */
  transactional: boolean;
  /** Not null if it stands for a batch that cannot be read. */
  unreadable: object | null;
}>;

/** Where a kept webhook is. */
export type Place = Pick<KeptWebhook, 'partition' | 'offset'>;

/**
 * The header of a marker: a record without a value in the same topic, which says that the record at
 * `<partition>/<offset>` was redriven. It is committed together with the event, so that later runs know.
 */
export const REDRIVEN_HEADER = 'redriven';

/** A place as a marker names it. */
export const coordinatesOf = ({ partition, offset }: Place): string => `${partition}/${offset}`;

/** A set of places, compact enough for topics with millions of records. */
export type Places = Readonly<{ add: (place: Place) => void; has: (place: Place) => boolean }>;

export function createPlaces(): Places {
  const offsets = new Map<number, Set<number>>();
  return {
    add: ({ partition, offset }) => {
      const known = offsets.get(partition);
      if (known === undefined) offsets.set(partition, new Set([offset]));
      else known.add(offset);
    },
    has: ({ partition, offset }) => offsets.get(partition)?.has(offset) ?? false,
  };
}

/** The place that a marker names; null if the record is not a marker. Anyone may have written a record outside a transaction: as a marker it would hide a webhook forever. */
export function markedPlace({ value, headers, transactional }: KeptWebhook): Place | null {
  const [, partition, offset] = /^(\d+)\/(\d+)$/.exec(headers[REDRIVEN_HEADER] ?? '') ?? [];
  return transactional && value === null && partition !== undefined
    ? { partition: Number(partition), offset: Number(offset) }
    : null;
}

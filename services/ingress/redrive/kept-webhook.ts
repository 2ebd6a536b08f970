/** A record of `unrecognised-webhooks`. */
export type KeptWebhook = Readonly<{
  partition: number;
  offset: number;
  timestampMs: number;
  /** Null in a marker. */
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
  /** Written in a transaction, as markers are, and webhooks are not. */
  transactional: boolean;
  /** Not null: a batch that nobody can read. */
  unreadable: object | null;
}>;

/** Where a kept webhook is. */
export type Place = Pick<KeptWebhook, 'partition' | 'offset'>;

/**
 * The header of a marker: a record without a value, in the same topic, which says that the record at
 * `<partition>/<offset>` was redriven. It commits together with the event, so that a second run knows.
 */
export const REDRIVEN_HEADER = 'redriven';

/** Where a kept webhook is, as a marker names it. */
export const coordinatesOf = ({ partition, offset }: Place): string => `${partition}/${offset}`;

/** Places of the topic; as compact as a topic of millions needs it. */
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

/** The place that a marker names; null where the record is none: what is not written in a transaction may be anybody's, and would hide a webhook for ever. */
export function markedPlace({ value, headers, transactional }: KeptWebhook): Place | null {
  const [, partition, offset] = /^(\d+)\/(\d+)$/.exec(headers[REDRIVEN_HEADER] ?? '') ?? [];
  return transactional && value === null && partition !== undefined
    ? { partition: Number(partition), offset: Number(offset) }
    : null;
}

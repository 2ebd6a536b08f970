import { setImmediate } from 'node:timers/promises';
import { type OutgoingRecord, type PublishOutcome, placeOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import type { Publisher } from '../../shared/kafka/publisher/publisher.ts';
import { monotonicNow } from './monotonic-now.ts';
import type { Spool } from './spool.ts';

/**
 * `spooled`: the record is synced to local disk, from where it reaches Kafka in order. `disk-unavailable`: neither Kafka nor the disk took it in time. For the
 * others see PublishOutcome.
 */
export type DurableOutcome = PublishOutcome | 'spooled' | 'disk-unavailable';

/** Outcomes that may be different the next time. */
const spoolable: ReadonlySet<PublishOutcome> = new Set(['unavailable', 'unknown', 'overloaded', 'refused']);

/**
 * Publishes a record to Kafka. It goes to the spool instead if Kafka does not accept it in time, or if earlier records of its place are already there, which
 * preserves the order per key. Resolves within `deadlineMs`, even if both Kafka and the disk stall.
 */
export function createPublishOrSpool(
  publisher: Pick<Publisher, 'publish' | 'giveUp'>,
  spool: Pick<Spool, 'append' | 'holds'>,
  mayPublish: () => boolean,
  deadlineMs: number,
): (record: OutgoingRecord) => Promise<DurableOutcome> {
  return async (record) => {
    const endMs = monotonicNow() + deadlineMs;
    const toSpool = async (maybeInLog: boolean): Promise<DurableOutcome> => {
      const stored = await spool.append(record, maybeInLog, endMs);
      if (stored === 'stored') return 'spooled';
      return stored === 'full' ? 'overloaded' : 'disk-unavailable';
    };
    const place = placeOf(record);
    if (spool.holds(place) || !mayPublish()) return toSpool(false);
    const outcome = await publisher.publish(record);
    if (outcome === 'overloaded') {
      // Earlier records of this place must reach the spool first, or this one would overtake them.
      publisher.giveUp(place);
      await setImmediate();
    }
    return spoolable.has(outcome) ? toSpool(outcome === 'unknown') : outcome;
  };
}

import { setImmediate } from 'node:timers/promises';
import { type OutgoingRecord, type PublishOutcome, placeOf } from '../kafka/publisher/outgoing-record.ts';
import type { Publisher } from '../kafka/publisher/publisher.ts';
import type { Spool } from './spool.ts';
import { steadyNow } from './steady-now.ts';

/**
 * As PublishOutcome; `spooled`: the local disk has the record (synced), and it will reach Kafka from there, in order. `disk-unavailable`: neither Kafka nor
 * the disk took it in time.
 */
export type DurableOutcome = PublishOutcome | 'spooled' | 'disk-unavailable';

/** What Kafka may take another time. */
const spoolable: ReadonlySet<PublishOutcome> = new Set(['unavailable', 'unknown', 'overloaded', 'refused']);

/**
 * Publishes to Kafka, or to the spool where Kafka does not take the record in time, or where records of the same place wait in the spool already: so the order
 * of a key is kept. Answers within `deadlineMs`, whatever Kafka and the disk do.
 */
export function createSpoolingPublish(
  publisher: Pick<Publisher, 'publish' | 'giveUp'>,
  spool: Pick<Spool, 'append' | 'holds'>,
  mayPublish: () => boolean,
  deadlineMs: number,
): (record: OutgoingRecord) => Promise<DurableOutcome> {
  return async (record) => {
    const endMs = steadyNow() + deadlineMs;
    const toSpool = async (maybeInLog: boolean): Promise<DurableOutcome> => {
      const stored = await spool.append(record, maybeInLog, endMs);
      if (stored === 'stored') return 'spooled';
      return stored === 'full' ? 'overloaded' : 'disk-unavailable';
    };
    const place = placeOf(record);
    if (spool.holds(place) || !mayPublish()) return toSpool(false);
    const outcome = await publisher.publish(record);
    if (outcome === 'overloaded') {
      // What was given before for this place goes to the spool first, or it would be overtaken.
      publisher.giveUp(place);
      await setImmediate();
    }
    return spoolable.has(outcome) ? toSpool(outcome === 'unknown') : outcome;
  };
}

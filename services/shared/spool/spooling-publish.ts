import type { OutgoingRecord, PublishOutcome } from '../kafka/publisher/outgoing-record.ts';
import type { Spool } from './spool.ts';

/** As PublishOutcome; `spooled`: the local disk has the record (fsync), and it will reach Kafka from there, in order. */
export type DurableOutcome = PublishOutcome | 'spooled';

/**
 * Publishes to Kafka, or to the spool where Kafka does not take the record in time, or where records of the same
 * partition wait in the spool already: so the order of a key is kept.
 */
export function createSpoolingPublish(
  publish: (record: OutgoingRecord) => Promise<PublishOutcome>,
  spool: Pick<Spool, 'append' | 'holds'>,
): (record: OutgoingRecord) => Promise<DurableOutcome> {
  const toSpool = async (record: OutgoingRecord): Promise<DurableOutcome> => {
    const stored = await spool.append(record);
    if (stored === 'stored') return 'spooled';
    return stored === 'full' ? 'overloaded' : 'unavailable';
  };
  return async (record) => {
    if (spool.holds(record.partition)) return toSpool(record);
    const outcome = await publish(record);
    return outcome === 'unavailable' || outcome === 'overloaded' ? toSpool(record) : outcome;
  };
}

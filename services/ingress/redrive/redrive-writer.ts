import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import { brokerErrorType } from '../../shared/kafka/refusals/access.ts';
import type { ExclusiveWriter } from '../../shared/kafka/transactions/exclusive-writer.ts';

/** Writes transactions, some of which Kafka may refuse because of their contents. */
export type RedriveWriter = Readonly<{
  /**
   * Commits the records in one transaction and returns null, or returns why Kafka refuses one of them: then none is in the log. On any other error it throws
   * and the outcome is unknown; the next run finds it in the markers.
   */
  write: (records: readonly OutgoingRecord[]) => Promise<string | null>;
  close: () => Promise<void>;
}>;

/** Errors that concern a record. Brokers report them before anything is committed. */
const refusals: ReadonlySet<string | null> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/**
 * `open` fences every other run. `upToDate` is awaited after each `open`, so that what those runs committed is known. A producer that was refused anything is
 * discarded: kafkajs rolls back the sequence numbers of all partitions, the broker those of only one.
 */
export async function openRedriveWriter(
  open: () => Promise<ExclusiveWriter>,
  upToDate: () => Promise<void>,
): Promise<RedriveWriter> {
  let writer = await open();
  await upToDate();
  return {
    write: async (records) => {
      try {
        await writer.write(records);
        return null;
      } catch (error) {
        const refusal = brokerErrorType(error);
        if (refusal === null || !refusals.has(refusal)) throw error;
        await writer.close();
        writer = await open();
        await upToDate();
        return refusal.toLowerCase().replaceAll('_', '-');
      }
    },
    close: () => writer.close(),
  };
}

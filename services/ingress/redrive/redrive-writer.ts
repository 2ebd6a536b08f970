import { brokerErrorType } from '../../shared/kafka/access.ts';
import type { ExclusiveWriter } from '../../shared/kafka/exclusive-writer.ts';
import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';

/** Writes transactions, some of which Kafka refuses for what is in them. */
export type RedriveWriter = Readonly<{
  /**
   * Commits the records in one transaction: null. Or says why Kafka does not take one of them: then none is in the log. Throws for all else: then nobody
   * knows, but the markers, which the next run reads.
   */
  write: (records: readonly OutgoingRecord[]) => Promise<string | null>;
  close: () => Promise<void>;
}>;

/** What a broker says of a record. It says so before anything is committed. */
const refusals: ReadonlySet<string | null> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/**
 * `open` fences every other run. What those committed before is known once `upToDate` resolves, so it is waited for each time. After a refusal the producer is
 * of no use: kafkajs takes back the sequence numbers of all partitions, the broker those of one.
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

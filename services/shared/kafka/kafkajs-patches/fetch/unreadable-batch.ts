import type { UnreadableBatch } from '../../../projection/records.ts';
import { type BatchContext, FetchedRecord } from './fetched-record.ts';

/** No key, no value and no headers. */
const EMPTY_RECORD = Buffer.from([1, 1, 0]);

/**
 * Replaces all records of a batch that cannot be read, at the last offset of the batch. Its value is the bytes of the batch: consumers keep or count
 * it and continue. If the batch belongs to an aborted transaction, kafkajs does not deliver it.
 */
export class UnreadableRecord extends FetchedRecord {
  readonly unreadable: UnreadableBatch;
  readonly #batch: Buffer;

  constructor(context: BatchContext, offset: number, batch: Buffer, unreadable: UnreadableBatch) {
    super(context, String(offset), context.maxTimestamp, EMPTY_RECORD, 0, EMPTY_RECORD.length);
    this.unreadable = unreadable;
    this.#batch = batch;
  }

  override get value(): Buffer {
    return this.#batch;
  }
}

/** The batch that a message of kafkajs replaces; null for a real record. */
export const unreadableBatch = (message: object): UnreadableBatch | null =>
  message instanceof UnreadableRecord ? message.unreadable : null;

/** Whether a message of kafkajs was written in a transaction. */
export const isTransactional = (message: object): boolean =>
  message instanceof FetchedRecord && message.batchContext.inTransaction;

/** Marks the end of a batch: kafkajs does not deliver control records, but moves past them. */
export function endOfBatch(context: BatchContext, offset: number): FetchedRecord {
  const control = { ...context, isControlBatch: true };
  return new FetchedRecord(control, String(offset), context.maxTimestamp, EMPTY_RECORD, 0, EMPTY_RECORD.length);
}

/** Whether this is a control record from `endOfBatch`. Kafka's own transaction markers have a key. */
export const isEndOfEmptied = ({ isControlRecord, key }: Pick<FetchedRecord, 'isControlRecord' | 'key'>): boolean =>
  isControlRecord && key === null;

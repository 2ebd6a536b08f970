import type { UnreadableBatch } from '../../projection/records.ts';
import { type BatchContext, FetchedRecord } from './fetched-record.ts';

/** Neither key nor value, no headers. */
const EMPTY_RECORD = Buffer.from([1, 1, 0]);

/**
 * Stands for all records of a batch that cannot be read, at the last offset of the batch: whoever consumes it keeps its bytes, which are its value, or counts
 * it, and moves on. Like the batch it can be part of an aborted transaction; then kafkajs leaves it out.
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

/** What cannot be read of the batch that a message of kafkajs stands for; null for a record. */
export const unreadableBatch = (message: object): UnreadableBatch | null =>
  message instanceof UnreadableRecord ? message.unreadable : null;

/** Whether a message of kafkajs was written in a transaction. */
export const isTransactional = (message: object): boolean =>
  message instanceof FetchedRecord && message.batchContext.inTransaction;

/** The end of a batch, as kafkajs takes it: it hands out no control records, but moves past them. */
export function endOfBatch(context: BatchContext, offset: number): FetchedRecord {
  const control = { ...context, isControlBatch: true };
  return new FetchedRecord(control, String(offset), context.maxTimestamp, EMPTY_RECORD, 0, EMPTY_RECORD.length);
}

/** Whether it is a control record of ours, behind which the log cleaner has removed records up to its own offset: a marker of Kafka's has a key. */
export const isEndOfEmptied = ({ isControlRecord, key }: Pick<FetchedRecord, 'isControlRecord' | 'key'>): boolean =>
  isControlRecord && key === null;

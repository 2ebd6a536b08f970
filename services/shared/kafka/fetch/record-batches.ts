import { Cursor } from './cursor.ts';
import { type BatchContext, FetchedRecord, holdsKeyAndValue } from './fetched-record.ts';

/** Before the records of a batch: their offset and length, then what BatchContext says. */
const HEADER_BYTES = 61;
const LENGTH_ENDS_AT = 12;
const APPEND_TIME = 0x8;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export type Decompress = (bytes: Buffer) => Promise<Buffer>;

/** What was fetched breaks Kafka's format: kafkajs ends the consumer, and with it the process. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError';
  readonly retriable = false;
}

/**
 * The records of the batches in `bytes` (https://kafka.apache.org/documentation/#recordbatch, magic byte 2). A batch that was cut
 * short, as a broker does at the end of an answer, is left out. Throws CorruptBatchError, and what the codec throws.
 *
 * Where the log cleaner removed the last records of a batch, or all, a control record stands at the end of the batch: kafkajs hands out none of these,
 * but moves past them. Without it kafkajs would fetch the emptied batch for ever.
 */
export async function decodeRecordBatches(
  bytes: Buffer,
  codecOf: (attributes: number) => Decompress | null,
): Promise<readonly FetchedRecord[]> {
  const records: FetchedRecord[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const cursor = new Cursor(bytes, at);
    const firstOffset = cursor.int64();
    const end = cursor.int32() + at + LENGTH_ENDS_AT;
    if (end > bytes.length) break;
    if (end < at + HEADER_BYTES) throw new CorruptBatchError(`A batch at offset ${firstOffset} has no length`);
    const { attributes, context } = batchContext(cursor, firstOffset);
    const count = cursor.int32();
    const decompress = codecOf(attributes);
    if (decompress === null) decodeRecords(cursor, end, count, context, records);
    else if (count > 0) {
      const inflated = await decompress(bytes.subarray(cursor.at, end));
      decodeRecords(new Cursor(inflated), inflated.length, count, context, records);
    }
    const lastOffset = Number(firstOffset) + context.lastOffsetDelta;
    if (Number(records.at(-1)?.offset ?? -1) < lastOffset) records.push(endOfBatch(context, lastOffset));
    at = end;
  }
  return records;
}

function batchContext(cursor: Cursor, firstOffset: string): { attributes: number; context: BatchContext } {
  const partitionLeaderEpoch = cursor.int32();
  const magicByte = cursor.int8();
  cursor.int32(); // CRC, which kafkajs does not check either: TCP and the broker have.
  const attributes = cursor.int16();
  const context: BatchContext = {
    firstOffset,
    partitionLeaderEpoch,
    magicByte,
    lastOffsetDelta: cursor.int32(),
    firstTimestamp: cursor.int64(),
    maxTimestamp: cursor.int64(),
    producerId: cursor.int64(),
    producerEpoch: cursor.int16(),
    firstSequence: cursor.int32(),
    timestampType: (attributes & APPEND_TIME) > 0 ? 1 : 0,
    inTransaction: (attributes & TRANSACTIONAL) > 0,
    isControlBatch: (attributes & CONTROL) > 0,
  };
  return { attributes, context };
}

function decodeRecords(cursor: Cursor, end: number, count: number, context: BatchContext, into: FetchedRecord[]): void {
  const firstOffset = Number(context.firstOffset);
  const timestampOf = timestamps(context);
  for (let index = 0; index < count; index += 1) {
    const length = cursor.varInt();
    const next = cursor.at + length;
    cursor.at += 1; // Attributes, of which Kafka uses none.
    const timestamp = timestampOf(cursor.varLong());
    const offset = String(firstOffset + cursor.varInt());
    const keyAt = cursor.at;
    if (length <= 0 || next > end || !holdsKeyAndValue(cursor, next)) {
      throw new CorruptBatchError(`Record ${index} of the batch at offset ${context.firstOffset} has a wrong length`);
    }
    into.push(new FetchedRecord(context, offset, timestamp, cursor.bytes, keyAt, next));
    cursor.at = next;
  }
}

/** Neither key nor value, no headers. */
const EMPTY_RECORD = Buffer.from([1, 1, 0]);

function endOfBatch(context: BatchContext, offset: number): FetchedRecord {
  const control = { ...context, isControlBatch: true };
  return new FetchedRecord(control, String(offset), context.maxTimestamp, EMPTY_RECORD, 0, EMPTY_RECORD.length);
}

/** The time of a record by its distance to the first of its batch, in decimal digits. */
function timestamps({ timestampType, firstTimestamp, maxTimestamp }: BatchContext): (delta: number | bigint) => string {
  if (timestampType === 1) return () => maxTimestamp;
  const first = Number(firstTimestamp);
  const exact = Number.isSafeInteger(first);
  return (delta) => {
    const sum = typeof delta === 'number' && exact ? first + delta : Number.NaN;
    return Number.isSafeInteger(sum) ? String(sum) : String(BigInt(firstTimestamp) + BigInt(delta));
  };
}

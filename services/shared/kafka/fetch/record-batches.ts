import type { UnreadableBatch } from '../../projection/records.ts';
import { Cursor } from './cursor.ts';
import { type BatchContext, FetchedRecord, holdsKeyAndValue } from './fetched-record.ts';
import { endOfBatch, UnreadableRecord } from './unreadable-batch.ts';

/** Before the records of a batch: their offset and length, then what BatchContext says. */
const HEADER_BYTES = 61;
const LENGTH_ENDS_AT = 12;
const APPEND_TIME = 0x8;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export type Decompress = (bytes: Buffer) => Promise<Buffer>;

/** What was fetched breaks Kafka's format, and does not say how to go on: kafkajs ends the consumer, and with it the process. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError';
  readonly retriable = false;
}

export type BatchReading = Readonly<{
  codecOf: (attributes: number) => Decompress | null;
  /** Of the partition: every offset that it has is below. */
  highWatermark: number;
  /** Bytes that batches of the whole answer may still become. Once there are none, the rest of compressed batches is left for the next answer. */
  room: { bytes: number };
}>;

/**
 * The records of the batches in `bytes` (https://kafka.apache.org/documentation/#recordbatch, magic byte 2). A batch that was cut
 * short, as a broker does at the end of an answer, is left out. One that cannot be read comes as one UnreadableRecord, so that it ends nobody.
 *
 * Where the log cleaner removed the last records of a batch, or all, a control record stands at the end of the batch: kafkajs hands out none of these,
 * but moves past them. Without it kafkajs would fetch the emptied batch for ever.
 */
export async function decodeRecordBatches(bytes: Buffer, reading: BatchReading): Promise<readonly FetchedRecord[]> {
  const records: FetchedRecord[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const cursor = new Cursor(bytes, at);
    const firstOffset = cursor.int64();
    const end = cursor.int32() + at + LENGTH_ENDS_AT;
    if (end > bytes.length) break;
    const { attributes, context } = batchContext(cursor, firstOffset);
    if (end < at + HEADER_BYTES) {
      const problem = { firstOffset: Number(firstOffset), records: 1, problem: 'The batch has no length' };
      records.push(unreadable(bytes.subarray(at), context, 0, problem, reading));
      break;
    }
    const count = cursor.int32();
    const before = records.length;
    const { lastOffsetDelta } = context;
    try {
      const decompress = reading.codecOf(attributes);
      if (decompress === null) decodeRecords(cursor, end, count, context, records);
      else if (count > 0) {
        if (reading.room.bytes <= 0) break;
        const inflated = await decompress(bytes.subarray(cursor.at, end));
        reading.room.bytes -= inflated.length;
        decodeRecords(new Cursor(inflated), inflated.length, count, context, records);
      }
      const lastOffset = Number(firstOffset) + lastOffsetDelta;
      if (Number(records.at(-1)?.offset ?? -1) < lastOffset) records.push(endOfBatch(context, lastOffset));
    } catch (error) {
      // None of it is believed where one is broken: all of them are in the bytes that are kept.
      records.length = before;
      const problem = { firstOffset: Number(firstOffset), records: count, problem: messageOf(error) };
      records.push(unreadable(bytes.subarray(at, end), context, lastOffsetDelta, problem, reading));
    }
    at = end;
  }
  return records;
}

/** What stands for messages from before Kafka 0.11 that cannot be read: the first offset is all that is stepped over. */
export function unreadableMessages(bytes: Buffer, error: unknown, reading: BatchReading): UnreadableRecord {
  const firstOffset = new Cursor(bytes).int64();
  const context: BatchContext = {
    firstOffset,
    firstTimestamp: '-1',
    maxTimestamp: '-1',
    timestampType: 0,
    partitionLeaderEpoch: 0,
    lastOffsetDelta: 0,
    producerId: '-1',
    producerEpoch: -1,
    firstSequence: -1,
    inTransaction: false,
    isControlBatch: false,
    magicByte: 1,
  };
  return unreadable(
    bytes,
    context,
    0,
    { firstOffset: Number(firstOffset), records: 1, problem: messageOf(error) },
    reading,
  );
}

/** It stands at the last offset of the batch; where that cannot be, the first is all that is stepped over. */
function unreadable(
  batch: Buffer,
  context: BatchContext,
  lastOffsetDelta: number,
  problem: UnreadableBatch,
  { highWatermark }: BatchReading,
): UnreadableRecord {
  const { firstOffset } = problem;
  if (!(firstOffset >= 0 && firstOffset < highWatermark)) {
    throw new CorruptBatchError(`A batch at offset ${firstOffset}, which the log does not have: ${problem.problem}`);
  }
  const last = firstOffset + lastOffsetDelta;
  return new UnreadableRecord(context, last > firstOffset && last < highWatermark ? last : firstOffset, batch, problem);
}

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

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
  if (count < 0) throw new Error(`A batch of ${count} records`);
  for (let index = 0; index < count; index += 1) {
    const length = cursor.varInt();
    const next = cursor.at + length;
    cursor.at += 1; // Attributes, of which Kafka uses none.
    const timestamp = timestampOf(cursor.varLong());
    const offset = String(firstOffset + cursor.varInt());
    const keyAt = cursor.at;
    if (length <= 0 || next > end || !holdsKeyAndValue(cursor, next)) {
      throw new Error(`Record ${index} of the batch has a wrong length`);
    }
    into.push(new FetchedRecord(context, offset, timestamp, cursor.bytes, keyAt, next));
    cursor.at = next;
  }
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

import type { UnreadableBatch } from '../../../projection/records.ts';
import { Cursor } from './cursor.ts';
import { type BatchContext, FetchedRecord, holdsKeyAndValue } from './fetched-record.ts';
import { endOfBatch, UnreadableRecord } from './unreadable-batch.ts';

/** The header of a batch: everything before its records. */
const HEADER_BYTES = 61;
const LENGTH_ENDS_AT = 12;
const APPEND_TIME = 0x8;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export type Decompress = (bytes: Buffer) => Promise<Buffer>;

/** The response breaks Kafka's format, and the next offset is unknown. kafkajs ends the consumer, and with it the process. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError';
  readonly retriable = false;
}

export type BatchReading = Readonly<{
  codecOf: (attributes: number) => Decompress | null;
  /** Every offset of the partition is below this. */
  highWatermark: number;
  /** Bytes that further batches of the response may decompress to. At 0, compressed batches are left for the next response. */
  room: { bytes: number };
}>;

/**
 * The records of the batches in `bytes` (https://kafka.apache.org/documentation/#recordbatch, magic byte 2). A batch that is cut short, as brokers do at
 * the end of a response, is left out. A batch that cannot be read becomes one UnreadableRecord, so that it ends no consumer.
 *
 * If the log cleaner removed the last records of a batch, or all of them, a control record is added at its end. kafkajs does not deliver control records
 * but moves past them; otherwise it would fetch the emptied batch for ever (shared/kafka/README.md, rule 9).
 *
 * | bytes of a batch | field |
 * | --- | --- |
 * | 8 | first offset |
 * | 4 | length of the rest |
 * | 4 | epoch of the partition's leader |
 * | 1 | magic byte |
 * | 4 | CRC |
 * | 2 | attributes: codec (0x7), time of append (0x8), transactional (0x10), control batch (0x20) |
 * | 4 | last offset, as a distance to the first |
 * | 8, 8 | first and largest timestamp |
 * | 8, 2, 4 | producer id, its epoch, first sequence number |
 * | 4 | number of records |
 * | rest | records, compressed together |
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
      // If one record is broken, none of the batch is trusted. The unreadable record keeps all its bytes.
      records.length = before;
      const problem = { firstOffset: Number(firstOffset), records: count, problem: messageOf(error) };
      records.push(unreadable(bytes.subarray(at, end), context, lastOffsetDelta, problem, reading));
    }
    at = end;
  }
  return records;
}

/** Replaces messages from before Kafka 0.11 that cannot be read. Only the first offset is skipped. */
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

/** The record gets the last offset of the batch. If that is impossible, it gets the first, and only that offset is skipped. */
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
  cursor.int32(); // The CRC. kafkajs does not check it either: TCP and the broker did.
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
    cursor.at += 1; // The attributes, which Kafka does not use.
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

/** Computes the time of a record, in decimal digits, from its distance to the first of its batch. */
function timestamps({ timestampType, firstTimestamp, maxTimestamp }: BatchContext): (delta: number | bigint) => string {
  if (timestampType === 1) return () => maxTimestamp;
  const first = Number(firstTimestamp);
  const exact = Number.isSafeInteger(first);
  return (delta) => {
    const sum = typeof delta === 'number' && exact ? first + delta : Number.NaN;
    return Number.isSafeInteger(sum) ? String(sum) : String(BigInt(firstTimestamp) + BigInt(delta));
  };
}

import { Cursor } from './cursor.ts';
import type { FetchedRecord } from './fetched-record.ts';
import { type BatchReading, type Decompress, decodeRecordBatches, unreadableMessages } from './record-batches.ts';

/** The version of the answer that is decoded here: the newest that kafkajs 2.2.4 asks for, and every Kafka since 2.3 knows. */
export const FETCH_VERSION = 11;
const MAGIC_AT = 16;
/** What the compressed batches of one answer may become, all together: the one that passes it is the last that is read of the answer. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const RECORD_BATCH_MAGIC = 2;

type FetchedPartition = Readonly<{
  partition: number;
  errorCode: number;
  highWatermark: string;
  lastStableOffset: string;
  lastStartOffset: string;
  abortedTransactions: readonly Readonly<{ producerId: string; firstOffset: string }>[];
  preferredReadReplica: number;
  messages: readonly unknown[];
}>;

/** An answer to a Fetch request as kafkajs's consumer takes it. */
export type FetchResponse = Readonly<{
  throttleTime: number;
  clientSideThrottleTime: number;
  errorCode: number;
  sessionId: number;
  responses: readonly Readonly<{ topicName: string | null; partitions: readonly FetchedPartition[] }>[];
}>;

export type RecordDecoders = Readonly<{
  /** Of the batch's attributes; null where it is not compressed. Throws for a codec nobody registered. */
  codecOf: (attributes: number) => Decompress | null;
  /** Reads what was written before Kafka 0.11 (magic bytes 0 and 1). */
  decodeMessageSet: (bytes: Buffer) => Promise<readonly unknown[]>;
}>;

/** Decodes version 11 of the answer (https://kafka.apache.org/protocol#The_Messages_Fetch). */
export async function decodeFetchResponse(bytes: Buffer, decoders: RecordDecoders): Promise<FetchResponse> {
  const cursor = new Cursor(bytes);
  const header = {
    // The broker waits by itself; kafkajs would wait once more.
    throttleTime: 0,
    clientSideThrottleTime: cursor.int32(),
    errorCode: cursor.int16(),
    sessionId: cursor.int32(),
  };
  const answers = cursor.array(() => ({
    topicName: cursor.string(),
    partitions: cursor.array(() => partitionHeader(cursor)),
  }));
  const responses = [];
  const room = { bytes: MAX_ANSWER_BYTES };
  for (const { topicName, partitions } of answers) {
    const decoded: FetchedPartition[] = [];
    for (const { recordSet, ...partition } of partitions) {
      const reading = { codecOf: decoders.codecOf, highWatermark: Number(partition.highWatermark), room };
      decoded.push({ ...partition, messages: await decodeRecordSet(recordSet, reading, decoders) });
    }
    responses.push({ topicName, partitions: decoded });
  }
  return { ...header, responses };
}

function partitionHeader(cursor: Cursor) {
  return {
    partition: cursor.int32(),
    errorCode: cursor.int16(),
    highWatermark: cursor.int64(),
    lastStableOffset: cursor.int64(),
    lastStartOffset: cursor.int64(),
    abortedTransactions: cursor.array(() => ({ producerId: cursor.int64(), firstOffset: cursor.int64() })),
    preferredReadReplica: cursor.int32(),
    recordSet: recordSet(cursor),
  };
}

function recordSet(cursor: Cursor): Buffer {
  const length = Math.max(0, cursor.int32());
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}

function decodeRecordSet(
  bytes: Buffer,
  reading: BatchReading,
  { decodeMessageSet }: RecordDecoders,
): Promise<readonly (FetchedRecord | unknown)[]> {
  const magic = bytes[MAGIC_AT] ?? RECORD_BATCH_MAGIC;
  if (magic === RECORD_BATCH_MAGIC) return decodeRecordBatches(bytes, reading);
  return decodeMessageSet(bytes).catch((error: unknown) => [unreadableMessages(bytes, error, reading)]);
}

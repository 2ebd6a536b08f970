import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';

type Write = 'Int8' | 'Int16' | 'Int32' | 'Int64' | 'String' | 'Bytes' | 'Buffer';
type WriteVariable = 'VarInt' | 'VarLong' | 'VarIntBytes' | 'VarIntString';
export type Encoder = Record<`write${Write | WriteVariable}`, (value: unknown) => Encoder> & {
  buffer: Buffer;
  size: () => number;
};

export const GZIP = 1;
export const SNAPPY = 2;
export const LZ4 = 3;
export const ZSTD = 4;

export type AnswerRecord = Readonly<{
  /** Offsets that the log cleaner removed before it. */
  gap: number;
  timestampDelta: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [string, Buffer | null])[];
}>;

export type AnswerBatch = Readonly<{
  firstOffset: number;
  /** 1 to 4: compression; 0x8: time of appending; 0x10: transactional; 0x20: control. */
  attributes: number;
  firstTimestamp: bigint;
  maxTimestamp: bigint;
  producerId: number;
  records: readonly AnswerRecord[];
  /** Offsets that the log cleaner removed behind the last record. */
  emptied: number;
  /** What stands in the place of the records, made from their bytes; absent: as the attributes name it. */
  compress?: (records: Buffer) => Buffer;
}>;

export type AnswerPartition = Readonly<{
  /** Null where the broker has nothing to say. */
  set: Buffer | null;
  errorCode: number;
  preferredReadReplica: number;
  /** Null where the broker tells of none. */
  aborted: readonly Readonly<{ producerId: number; firstOffset: number }>[] | null;
}>;

const KafkajsEncoder: new () => Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder');
const encoder = () => new KafkajsEncoder();

export const recordOf = (given: Partial<AnswerRecord> = {}): AnswerRecord => ({
  ...{ gap: 0, timestampDelta: 0, key: null, value: null, headers: [] },
  ...given,
});

export const batchOf = (records: readonly AnswerRecord[], given: Partial<AnswerBatch> = {}): AnswerBatch => ({
  ...{ firstOffset: 0, attributes: 0, firstTimestamp: 0n, maxTimestamp: 0n, producerId: -1, emptied: 0 },
  records,
  ...given,
});

/** Version 11 of a Fetch answer: partitions by topic. */
export function encodeAnswer(topics: readonly (readonly [string, readonly AnswerPartition[]])[]): Buffer {
  const answer = encoder().writeInt32(7).writeInt16(0).writeInt32(3).writeInt32(topics.length);
  for (const [topic, partitions] of topics) {
    answer.writeString(topic).writeInt32(partitions.length);
    for (const [index, { set, errorCode, preferredReadReplica, aborted }] of partitions.entries()) {
      answer.writeInt32(index).writeInt16(errorCode).writeInt64(100).writeInt64(90).writeInt64(1);
      answer.writeInt32(aborted?.length ?? -1);
      for (const { producerId, firstOffset } of aborted ?? []) answer.writeInt64(producerId).writeInt64(firstOffset);
      answer.writeInt32(preferredReadReplica).writeBytes(set);
    }
  }
  return answer.buffer;
}

/** An answer with these bytes as the one record set. */
export const answerWith = (set: Buffer): Buffer =>
  encodeAnswer([['t', [{ set, errorCode: 0, preferredReadReplica: -1, aborted: [] }]]]);

/** As https://kafka.apache.org/documentation/#recordbatch has it; kafkajs's own encoder knows no control batches. */
export function encodeBatch(given: AnswerBatch): Buffer {
  let next = 0;
  const records = given.records.map((record) => {
    next += record.gap + 1;
    return encodeRecord(record, next - 1);
  });
  const body = encoder()
    .writeInt32(5)
    .writeInt8(2)
    .writeInt32(0)
    .writeInt16(given.attributes)
    .writeInt32(next - 1 + given.emptied)
    .writeInt64(given.firstTimestamp)
    .writeInt64(given.maxTimestamp)
    .writeInt64(given.producerId)
    .writeInt16(2)
    .writeInt32(11)
    .writeInt32(given.records.length)
    .writeBuffer((given.compress ?? compressedBy(given.attributes & 0x7))(Buffer.concat(records)));
  return encoder().writeInt64(given.firstOffset).writeBytes(body.buffer).buffer;
}

const compressedBy =
  (codec: number) =>
  (records: Buffer): Buffer => {
    if (codec === GZIP) return gzipSync(records);
    return codec === ZSTD ? zstdCompressSync(records) : records;
  };

function encodeRecord({ timestampDelta, key, value, headers }: AnswerRecord, offsetDelta: number): Buffer {
  const body = encoder().writeInt8(0).writeVarLong(timestampDelta).writeVarInt(offsetDelta);
  body.writeVarIntBytes(key).writeVarIntBytes(value).writeVarInt(headers.length);
  for (const [name, header] of headers) body.writeVarIntString(name).writeVarIntBytes(header);
  return encoder().writeVarInt(body.size()).writeBuffer(body.buffer).buffer;
}

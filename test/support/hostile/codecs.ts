import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { GZIP, LZ4, SNAPPY, ZSTD } from '../fetch-answer.ts';

/** How the records of a batch are written. */
export type BatchCodec = Readonly<{ name: string; attributes: number; compress: (records: Buffer) => Buffer }>;

/** Every way a client of Kafka compresses a batch. */
export const batchCodecs: readonly BatchCodec[] = [
  { name: 'uncompressed', attributes: 0, compress: (records) => records },
  { name: 'gzip', attributes: GZIP, compress: (records) => gzipSync(records) },
  { name: 'snappy as librdkafka writes it', attributes: SNAPPY, compress: (records) => compressSync(records) },
  { name: 'snappy as Java writes it', attributes: SNAPPY, compress: xerialSnappy },
  { name: 'lz4', attributes: LZ4, compress: (records) => compressFrameSync(records) },
  { name: 'zstd', attributes: ZSTD, compress: (records) => zstdCompressSync(records) },
];

const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);

/** As Java's SnappyOutputStream writes: a header, then blocks with their lengths. */
export function xerialSnappy(records: Buffer, blockBytes = 32_768): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER];
  for (let at = 0; at < records.length; at += blockBytes) {
    const block = compressSync(records.subarray(at, at + blockBytes));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

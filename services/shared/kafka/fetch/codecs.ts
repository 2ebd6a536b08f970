import { promisify } from 'node:util';
import { gunzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressLz4, decompressLz4 } from './lz4-frame.ts';
import { compressSnappy, decompressSnappy } from './snappy-blocks.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const gunzipBytes = promisify(gunzip);
const zstdCompressBytes = promisify(zstdCompress);
const zstdDecompressBytes = promisify(zstdDecompress);

/** The most bytes a batch may become: 32 times the largest that a topic of ours takes. A few kilobytes of compressed zeros could fill the memory otherwise. */
export const MAX_BATCH_BYTES = 128 * 1024 * 1024;
const bounded = { maxOutputLength: MAX_BATCH_BYTES };

type Codec = Readonly<{
  compress: (bytes: Buffer) => Promise<Buffer>;
  /** Rejects for what it cannot undo, and beyond MAX_BATCH_BYTES. */
  decompress: (bytes: Buffer) => Promise<Buffer>;
}>;

/** By the codec's number in the attributes of a batch. Gzip is compressed by kafkajs. */
const codecs: Readonly<Record<number, Codec>> = {
  [CompressionTypes.Snappy]: {
    compress: compressSnappy,
    decompress: (bytes) => decompressSnappy(bytes, MAX_BATCH_BYTES),
  },
  [CompressionTypes.LZ4]: { compress: compressLz4, decompress: (bytes) => decompressLz4(bytes, MAX_BATCH_BYTES) },
  [CompressionTypes.ZSTD]: { compress: zstdCompressBytes, decompress: (bytes) => zstdDecompressBytes(bytes, bounded) },
};

let registered = false;

/**
 * Teaches kafkajs every codec that a broker or another client may have chosen for a topic: by itself it knows only gzip, and that without a limit. A client of
 * this process then reads them all.
 */
export function registerCodecs(): void {
  if (registered) return;
  registered = true;
  const gzip = CompressionCodecs[CompressionTypes.GZIP];
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    ...gzip(),
    decompress: (bytes: Buffer) => gunzipBytes(bytes, bounded),
  });
  for (const [type, { compress, decompress }] of Object.entries(codecs)) {
    CompressionCodecs[Number(type) as keyof typeof CompressionCodecs] = () => ({
      compress: ({ buffer }: Readonly<{ buffer: Buffer }>) => compress(buffer),
      decompress,
    });
  }
}

import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * Teaches kafkajs zstd, which brokers and other clients may have chosen for a topic; it knows only gzip itself. Snappy
 * and LZ4 are not in Node: a batch in those ends the reader with an error that names the codec.
 */
export function registerZstd(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder: Readonly<{ buffer: Buffer }>): Promise<Buffer> => compress(encoder.buffer),
    decompress: (batch: Buffer): Promise<Buffer> => decompress(batch),
  });
}

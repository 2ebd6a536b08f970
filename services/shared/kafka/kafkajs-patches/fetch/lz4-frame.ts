import { compressFrame, decompressFrame } from 'lz4-napi';

const MAGIC = 0x184d2204;
const FLAGS_AT = 4;
/** After the magic number, the flags, the maximum block size and a checksum. */
const DESCRIPTOR_ENDS_AT = 7;
const HAS_BLOCK_CHECKSUMS = 0x10;
const HAS_CONTENT_SIZE = 0x08;
const HAS_DICTIONARY = 0x01;
/** By the three bits of the frame descriptor that encode the maximum block size. */
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };
/** Flag in a block's length: the block is not compressed. */
const STORED = 0x80000000;
/** No byte of an LZ4 block decompresses to more. */
const MAX_RATIO = 255;

export const compressLz4 = (bytes: Buffer): Promise<Buffer> => compressFrame(bytes);

/**
 * Decompresses the LZ4 frame of a batch. Rejects anything else, and a frame that could decompress to more than `maxBytes`: LZ4 does not state the
 * size of a decompressed block, only its maximum.
 *
 * | bytes | field (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) |
 * | --- | --- |
 * | 4 | magic number |
 * | 1 | flags |
 * | 1 | maximum block size |
 * | 0 or 8 | content size, if flagged |
 * | 0 or 4 | dictionary id, if flagged |
 * | 1 | checksum of the header |
 * | each block: 4, n, 0 or 4 | length n, the block, its checksum if flagged |
 * | 4 | zero: the end of the blocks |
 */
export async function decompressLz4(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const atMost = maxBytesOf(bytes);
  if (atMost > maxBytes) throw new RangeError(`An LZ4 frame of up to ${atMost} bytes`);
  return decompressFrame(bytes);
}

/** The maximum size of the decompressed frame. Throws if it is not a frame. */
function maxBytesOf(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError('Not an LZ4 frame');
  const flags = bytes.readUInt8(FLAGS_AT);
  const blockBytes = MAX_BLOCK_BYTES[(bytes.readUInt8(FLAGS_AT + 1) >> 4) & 0x7] ?? 0;
  let total = 0;
  let at = DESCRIPTOR_ENDS_AT + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0);
  for (let length = bytes.readUInt32LE(at); length !== 0; length = bytes.readUInt32LE(at)) {
    const stored = length >= STORED;
    const size = stored ? length - STORED : length;
    total += stored ? size : Math.min(blockBytes, size * MAX_RATIO);
    at += 4 + size + (flags & HAS_BLOCK_CHECKSUMS ? 4 : 0);
  }
  return total;
}

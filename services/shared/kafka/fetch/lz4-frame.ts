import { compressFrame, decompressFrame } from 'lz4-napi';

const MAGIC = 0x184d2204;
const FLAGS_AT = 4;
/** Magic number, flags, largest block, checksum of both. */
const DESCRIPTOR_ENDS_AT = 7;
const HAS_BLOCK_CHECKSUMS = 0x10;
const HAS_CONTENT_SIZE = 0x08;
const HAS_DICTIONARY = 0x01;
/** By the three bits of the frame's descriptor that tell the largest block. */
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };
/** Of a block's length: the block is not compressed. */
const STORED = 0x80000000;
/** No byte of an LZ4 block becomes more. */
const MAX_RATIO = 255;

export const compressLz4 = (bytes: Buffer): Promise<Buffer> => compressFrame(bytes);

/**
 * Undoes the LZ4 frame (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) that a batch of Kafka is. Rejects for what is none, and where it could become
 * more than `maxBytes`: LZ4 does not tell how long a block becomes, but how long at the most.
 */
export async function decompressLz4(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const atMost = mostBytes(bytes);
  if (atMost > maxBytes) throw new RangeError(`An LZ4 frame of up to ${atMost} bytes`);
  return decompressFrame(bytes);
}

/** What the frame can become at the most. Throws for what is no frame. */
function mostBytes(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError('Not an LZ4 frame');
  const flags = bytes.readUInt8(FLAGS_AT);
  const blockBytes = MAX_BLOCK_BYTES[(bytes.readUInt8(FLAGS_AT + 1) >> 4) & 0x7] ?? 0;
  let most = 0;
  let at = DESCRIPTOR_ENDS_AT + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0);
  for (let length = bytes.readUInt32LE(at); length !== 0; length = bytes.readUInt32LE(at)) {
    const stored = length >= STORED;
    const size = stored ? length - STORED : length;
    most += stored ? size : Math.min(blockBytes, size * MAX_RATIO);
    at += 4 + size + (flags & HAS_BLOCK_CHECKSUMS ? 4 : 0);
  }
  return most;
}

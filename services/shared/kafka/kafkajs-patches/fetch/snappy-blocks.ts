import { compress, uncompress } from 'snappy';

/** The magic number of the xerial framing, which Java's clients write. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;
/** The longest varint at the start of a block. */
const MAX_VARINT_BYTES = 5;

export const compressSnappy = (bytes: Buffer): Promise<Buffer> => compress(bytes);

/**
 * Decompresses Snappy as Kafka's clients write it: Java's with the xerial framing, librdkafka as a single plain block. Rejects anything else,
 * and more than `maxBytes`: a block starts with its decompressed length, a varint.
 *
 * | bytes of the xerial framing | field |
 * | --- | --- |
 * | 8 | magic number |
 * | 4, 4 | version, oldest compatible version |
 * | each block: 4, n | length n, the block |
 */
export async function decompressSnappy(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const blocks = bytes.subarray(0, XERIAL.length).equals(XERIAL) ? xerialBlocks(bytes) : [bytes];
  const total = blocks.reduce((sum, block) => sum + uncompressedBytes(block), 0);
  if (total > maxBytes) throw new RangeError(`Snappy blocks of ${total} bytes`);
  return Buffer.concat(
    await Promise.all(blocks.map((block) => uncompress(block, { asBuffer: true }) as Promise<Buffer>)),
  );
}

function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const start = at + LENGTH_BYTES;
    const end = start + bytes.readInt32BE(at);
    if (end < start || end > bytes.length) throw new RangeError('A Snappy block that runs past the end');
    blocks.push(bytes.subarray(start, end));
    at = end;
  }
  return blocks;
}

/** The decompressed length that the block states. */
function uncompressedBytes(block: Buffer): number {
  let value = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = block[index] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return value;
}

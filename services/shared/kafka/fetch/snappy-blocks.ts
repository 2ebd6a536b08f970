import { compress, uncompress } from 'snappy';

/** What Java's clients write before their blocks: a magic number, then a version and the oldest that can read it. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;
/** Of the varint that a block begins with. */
const MAX_VARINT_BYTES = 5;

export const compressSnappy = (bytes: Buffer): Promise<Buffer> => compress(bytes);

/**
 * Undoes Snappy as Kafka's clients write it: Java's in blocks of the xerial framing, librdkafka one block as it is. Rejects for what is neither, and for more
 * than `maxBytes`: a block tells its length before it is undone.
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
    if (end < start || end > bytes.length) throw new RangeError('A Snappy block that runs over the end');
    blocks.push(bytes.subarray(start, end));
    at = end;
  }
  return blocks;
}

/** What a block says it becomes. */
function uncompressedBytes(block: Buffer): number {
  let value = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = block[index] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return value;
}

/** Joins pieces of a body in linear time and without wasting memory, however small the pieces. */
export type ByteCollector = Readonly<{
  add: (piece: Buffer) => void;
  length: () => number;
  /** All bytes added so far. A single piece is returned without a copy. */
  bytes: () => Buffer;
}>;

const empty = Buffer.alloc(0);

/** `expectedLength` is allocated when the second piece arrives; 0 if unknown. */
export function createByteCollector(expectedLength: number): ByteCollector {
  let buffer: Buffer = empty;
  let length = 0;
  return {
    add: (piece) => {
      const needed = length + piece.length;
      if (length === 0) buffer = piece;
      else {
        if (needed > buffer.length) {
          const larger = Buffer.allocUnsafe(Math.max(needed, expectedLength, 2 * buffer.length));
          buffer.copy(larger, 0, 0, length);
          buffer = larger;
        }
        piece.copy(buffer, length);
      }
      length = needed;
    },
    length: () => length,
    bytes: () => (buffer.length === length ? buffer : Buffer.from(buffer.subarray(0, length))),
  };
}

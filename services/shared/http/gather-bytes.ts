/** Puts bytes together as they come: in linear time, and in memory of their own size, into however small pieces a sender cuts them. */
export type Gathering = Readonly<{
  add: (piece: Buffer) => void;
  length: () => number;
  /** What was added so far. A single piece is given back as it came, without a copy. */
  bytes: () => Buffer;
}>;

const nothing = Buffer.alloc(0);

/** `expectedLength`: room made at once for the second piece; 0 where it is not known. */
export function gatherBytes(expectedLength: number): Gathering {
  let room: Buffer = nothing;
  let length = 0;
  return {
    add: (piece) => {
      const needed = length + piece.length;
      if (length === 0) room = piece;
      else {
        if (needed > room.length) {
          const larger = Buffer.allocUnsafe(Math.max(needed, expectedLength, 2 * room.length));
          room.copy(larger, 0, 0, length);
          room = larger;
        }
        piece.copy(room, length);
      }
      length = needed;
    },
    length: () => length,
    bytes: () => (room.length === length ? room : Buffer.from(room.subarray(0, length))),
  };
}

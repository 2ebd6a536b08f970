import type { Draw } from './draw.ts';

type Mutation = (bytes: Buffer, at: number, draw: Draw) => Buffer;

/** Bytes at which parsers of JSON, UTF-8 and HTTP decide something. */
const telling = Buffer.from('\0\t\n\r "%,-./0159:;<=[\\]e{}\x7f\x80\xbf\xc0\xc3\xe2\xed\xef\xf0\xf5\xff', 'latin1');

const spliced = (bytes: Buffer, at: number, removed: number, added: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);

const mutations: readonly Mutation[] = [
  (bytes, at, draw) => spliced(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << draw.below(8))])),
  (bytes, at, draw) => spliced(bytes, at, 1, Buffer.from([draw.pick([...telling])])),
  (bytes, at, draw) => spliced(bytes, at, 0, Buffer.from([draw.pick([...telling])])),
  (bytes, at, draw) => spliced(bytes, at, draw.size(64), Buffer.alloc(0)),
  (bytes, at, draw) => spliced(bytes, at, 0, bytes.subarray(at, at + draw.size(64))),
  (bytes, at, draw) => spliced(bytes, at, 0, draw.bytes(draw.size(64))),
  (bytes, at, draw) => {
    const from = draw.below(bytes.length + 1);
    return spliced(bytes, at, 0, bytes.subarray(from, from + draw.size(256)));
  },
  (bytes, at, draw) => spliced(bytes, at, 0, Buffer.alloc(draw.size(2_048), draw.pick([...telling]))),
  (bytes, at) => bytes.subarray(0, at),
];

/** The bytes after one to four changes, none of which begins or ends outside of `from` to `to`. */
export function mutateBytes(bytes: Buffer, draw: Draw, from = 0, to = bytes.length): Buffer {
  let middle = bytes.subarray(from, to);
  for (let left = 1 + draw.below(4); left > 0; left -= 1)
    middle = draw.pick(mutations)(middle, draw.below(Math.max(1, middle.length)), draw);
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
}

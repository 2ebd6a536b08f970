import { seededRandom } from '../seeded-random.ts';

/** A value with what it is. */
export type Named<T> = readonly [string, T];

const RANDOM_VALUES = 50;

/** What a value is made from: bytes of an event that would count, of one of the other input, of a record of the table, and ids of other schemas. */
export type Ingredients = Readonly<{
  event: Buffer;
  otherEvent: Buffer;
  row: Buffer;
  schemaIds: readonly Named<number>[];
}>;

/** Values that no topic of ours can hold, small ones: whatever stands there, nobody may end or stop for it. */
export function hostileValues({ event, otherEvent, row, schemaIds }: Ingredients): readonly Named<Buffer | null>[] {
  const schemaId = event.readInt32BE(1);
  const avro = event.subarray(5);
  const lengths = [5, 6, 7, 9, 12, 20, 33, 50, 70, event.length - 2, event.length - 1];
  return [
    ['no value', null],
    ['an empty value', Buffer.alloc(0)],
    ...[1, 2, 4, 5, 6, 100].map((length): Named<Buffer> => [`${length} zeros`, Buffer.alloc(length)]),
    ...[0x01, 0x7b, 0x82, 0xff].map(
      (magic): Named<Buffer> => [`magic byte ${magic}`, Buffer.from([magic, ...event.subarray(1)])],
    ),
    ['JSON', Buffer.from('{"event":"callLog","callLog":{"id":"x"}}')],
    ['text', Buffer.from('ünïcödé')],
    ['UTF-16', Buffer.from('\ufeffwide', 'utf16le')],
    ['a gzip file', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])],
    ['Avro without a header', avro],
    ['an Avro container file', Buffer.from('Obj\u0001\u0004\u0014avro.codec')],
    ['a header twice', Buffer.concat([event.subarray(0, 5), event])],
    ...[-1, -(2 ** 31), 0, 999_999, 2 ** 31 - 1].map((id): Named<Buffer> => [`schema id ${id}`, wire(id, avro)]),
    ...schemaIds.map(([name, id]): Named<Buffer> => [`the schema id of ${name}`, wire(id, avro)]),
    ...schemaIds.map(
      ([name, id]): Named<Buffer> => [`the schema id of ${name}, with little behind it`, wire(id, long(VAST))],
    ),
    ['the event of the other input', otherEvent],
    ['a record of the table', row],
    ...lengths.map((length): Named<Buffer> => [`an event cut off after ${length} bytes`, event.subarray(0, length)]),
    ['an event with a byte behind it', Buffer.concat([event, Buffer.from([0])])],
    ['two events', Buffer.concat([event, avro])],
    ...bodies().map(([name, body]): Named<Buffer> => [name, wire(schemaId, body)]),
    // The list of parties is followed by two fields that are absent.
    ['a billion parties', Buffer.concat([event.subarray(0, -3), long(1_000_000_000n)])],
    ['a list of a negative size', Buffer.concat([event.subarray(0, -3), long(-5n), long(-8n)])],
    ...randomBodies().map(([name, body]): Named<Buffer> => [name, wire(schemaId, body)]),
  ];
}

const VAST = 2n ** 52n;

/** Beginnings of an Avro body that lead astray. */
const bodies = (): readonly Named<Buffer>[] => [
  ['a text of a negative length', long(-7n)],
  ['a text longer than all there is', long(1_000_000n)],
  ['a text as long as a number can tell', long(VAST)],
  ['a number of ten bytes', Buffer.alloc(10, 0xff)],
  ['a number without an end', Buffer.alloc(4_000, 0x80)],
  [
    'a branch that the union does not have',
    Buffer.concat([long(3n), long(1n), Buffer.from('a'), long(1n), Buffer.from('b'), long(77n)]),
  ],
];

function randomBodies(): readonly Named<Buffer>[] {
  const random = seededRandom(16);
  return Array.from({ length: RANDOM_VALUES }, (_, index) => {
    const length = Math.floor(random() * 400);
    return [`random bytes, number ${index}`, Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))];
  });
}

function wire(schemaId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return Buffer.concat([header, body]);
}

/** Avro's long. */
function long(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)); ; left >>= 7n) {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    if (left <= 0x7fn) return Buffer.from(bytes);
  }
}

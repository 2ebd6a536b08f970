import { type AnswerRecord, batchOf, encodeBatch, recordOf } from '../fetch-answer.ts';
import { type BatchCodec, batchCodecs } from './codecs.ts';
import type { Named } from './hostile-values.ts';

/** A batch of one record, ready to be written, with what it is. */
export type HostileBatch = Readonly<{ name: string; bytes: Buffer }>;

type Headers = AnswerRecord['headers'];
const text = (value: string): Buffer => Buffer.from(value);

const headerSets: readonly Named<Headers>[] = [
  ['no headers', []],
  ['a null header', [['ce_id', null]]],
  [
    'the same header three times, once null',
    [
      ['h', text('a')],
      ['h', null],
      ['h', text('c')],
    ],
  ],
  [
    'a header without a name',
    [
      ['', text('nameless')],
      ['', null],
    ],
  ],
  [
    'headers named as those of a dead letter',
    ['topic', 'partition', 'offset', 'reason', 'records'].map((name) => [name, text('x')]),
  ],
  [
    'headers named as what JavaScript inherits',
    ['__proto__', 'constructor', 'toString'].map((name) => [name, text(name)]),
  ],
  ['a thousand headers', Array.from({ length: 1_000 }, (_, index) => [`h${index}`, index % 2 ? null : text('v')])],
  ['a header of 200 KB', [['large', Buffer.alloc(200_000, 1)]]],
  ['a header with a name of 20 KB', [['n'.repeat(20_000), text('v')]]],
  [
    'a broken trace',
    [
      ['traceparent', text('00-zz')],
      ['tracestate', null],
    ],
  ],
  [
    'binary headers',
    [
      ['\ufffd', Buffer.from([0, 0xff, 0x80])],
      ['ce_type', Buffer.from([0xc3])],
    ],
  ],
  ['the marker of a redrive', [['redriven', text('0/0')]]],
];
const keys: readonly Named<Buffer | null>[] = [
  ['no key', null],
  ['an empty key', Buffer.alloc(0)],
  ['a binary key', Buffer.from([0, 0xff, 0xc0, 0x80])],
  ['a key of 100 KB', Buffer.alloc(100_000, 'k')],
  ['the key of a user', text('u-1')],
];
/** A broker that gives records its own time takes any. */
const timestamps: readonly bigint[] = [0n, -1n, 1n, 2n ** 45n, 4_102_444_800_000n, -(2n ** 40n)];

/** Batches of one hostile value each: all of them in turn in another shape, then every shape. */
export function hostileBatches(values: readonly Named<Buffer | null>[]): readonly HostileBatch[] {
  const shapes = [
    ...headerSets.flatMap((_, header) => batchCodecs.map((_codec, codec) => [header, 1, codec, 0] as const)),
    ...keys.map((_, index) => [0, index, 0, 0] as const),
    ...timestamps.map((_, index) => [0, 0, 0, index] as const),
  ];
  return [
    ...values.map((value, index) => batchIn(value, [index, index, index, index])),
    ...shapes.map((shape, index) => batchIn(values[index % 9] ?? ['nothing', null], shape)),
  ];
}

function batchIn(
  [name, value]: Named<Buffer | null>,
  [header, key, codec, time]: readonly [number, number, number, number],
): HostileBatch {
  const [headersName, headers] = headerSets[header % headerSets.length] ?? ['', []];
  const [keyName, keyBytes] = keys[key % keys.length] ?? ['', null];
  const { name: codecName, ...how } = batchCodecs[codec % batchCodecs.length] as BatchCodec;
  const firstTimestamp = timestamps[time % timestamps.length] ?? 0n;
  const record = recordOf({ key: keyBytes, value, headers });
  const bytes = encodeBatch(batchOf([record], { ...how, firstTimestamp, maxTimestamp: firstTimestamp }));
  return { name: `${name}, with ${headersName} and ${keyName}, ${codecName}`, bytes };
}

/** The same value under a key that a compacted topic needs, as another tool would put it there. */
export function keyedBatch(key: string, value: Buffer | null, index: number): Buffer {
  const { name: _name, ...how } = batchCodecs[index % batchCodecs.length] as BatchCodec;
  const [, headers] = headerSets[index % 6] ?? ['', []];
  return encodeBatch(batchOf([recordOf({ key: text(key), value, headers })], how));
}

const MIB = 1024 * 1024;

/** Batches that are too large for something: for the dead letters, for the memory, for both. */
export function largeBatches(): readonly HostileBatch[] {
  const [, gzip, , snappy, lz4, zstd] = batchCodecs as readonly Required<BatchCodec>[];
  const made = (name: string, codec: BatchCodec | undefined, record: Partial<AnswerRecord>): HostileBatch => ({
    name,
    bytes: encodeBatch(batchOf([recordOf(record)], codec ?? {})),
  });
  return [
    made('6 MB in gzip', gzip, { value: Buffer.alloc(6_000_000, 'x') }),
    made('6 MB in snappy', snappy, { value: Buffer.alloc(6_000_000, 'y') }),
    made('6 MB of headers in zstd', zstd, { headers: [['large', Buffer.alloc(6_000_000, 1)]], value: text('x') }),
    made('a key of 6 MB in lz4', lz4, { key: Buffer.alloc(6_000_000, 'k'), value: text('x') }),
    made('3.9 MiB as it is', undefined, { value: Buffer.alloc(3.9 * MIB, 'x') }),
    made('130 MiB in zstd', zstd, { value: Buffer.alloc(130 * MIB) }),
    made('130 MiB in gzip', gzip, { value: Buffer.alloc(130 * MIB) }),
    made('130 MiB in lz4', lz4, { value: Buffer.alloc(130 * MIB) }),
  ];
}

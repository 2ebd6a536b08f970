import { createRequire } from 'node:module';
import { Cursor } from '../fetch/cursor.ts';
import type { RawRequest } from '../raw-cluster.ts';

/** The first version that is asked here and tells topic ids (KIP-516): Kafka 2.8 and newer know it, kafkajs 2.2.4 ends at 6. */
export const METADATA_VERSION = 11;
export const METADATA_KEY = 3;
const ID_BYTES = 16;

/** What a broker knows of a topic now. */
export type TopicMetadata = Readonly<{
  topic: string;
  /** Of Kafka's protocol; 0: none, 3: there is no such topic. */
  errorCode: number;
  /** In hexadecimal digits: another topic of the same name has another one. */
  id: string;
  /** By partition, the node that leads it; -1 for none. */
  leaders: ReadonlyMap<number, number>;
}>;

type Encoder = Readonly<{ writeBuffer: (bytes: Buffer) => Encoder }>;
const KafkajsEncoder: new () => Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder');

/** Asks a broker for some topics (https://kafka.apache.org/protocol#The_Messages_Metadata); it creates none. */
export const topicMetadataRequest = (topics: readonly string[]): RawRequest<readonly TopicMetadata[]> => ({
  request: {
    apiKey: METADATA_KEY,
    apiVersion: METADATA_VERSION,
    apiName: 'Metadata',
    encode: async () => new KafkajsEncoder().writeBuffer(encodeRequest(topics)),
  },
  response: { decode: async (bytes) => decodeTopicMetadata(bytes), parse: async (answer) => answer },
});

const NO_TAGS = Buffer.from([0]);
const NO_ID = Buffer.alloc(ID_BYTES);
const FALSE = Buffer.from([0]);

function encodeRequest(topics: readonly string[]): Buffer {
  const named = topics.flatMap((topic) => [NO_ID, compactString(topic), NO_TAGS]);
  // The tags of the request's header come first: kafkajs writes headers of the older form, which has none.
  return Buffer.concat([NO_TAGS, unsigned(topics.length + 1), ...named, FALSE, FALSE, NO_TAGS]);
}

function compactString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([unsigned(bytes.length + 1), bytes]);
}

function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

/** Reads the answer, the tags of its header included. */
export function decodeTopicMetadata(bytes: Buffer): readonly TopicMetadata[] {
  const cursor = new Cursor(bytes);
  skipTags(cursor);
  cursor.int32(); // How long the broker throttled.
  compactArray(cursor, () => {
    cursor.int32();
    skipString(cursor);
    cursor.int32();
    skipString(cursor);
    skipTags(cursor);
  });
  skipString(cursor); // The cluster's id.
  cursor.int32(); // The controller.
  return compactArray(cursor, () => {
    const errorCode = cursor.int16();
    const topic = readString(cursor);
    cursor.at += ID_BYTES;
    const id = bytes.toString('hex', cursor.at - ID_BYTES, cursor.at);
    cursor.int8(); // Whether it is internal.
    const leaders = compactArray(cursor, () => leaderOf(cursor));
    cursor.int32(); // What the client may do.
    skipTags(cursor);
    return { topic, errorCode, id, leaders: new Map(leaders) };
  });
}

function leaderOf(cursor: Cursor): readonly [partition: number, node: number] {
  cursor.int16();
  const partition = cursor.int32();
  const leader = cursor.int32();
  cursor.int32(); // The leader's epoch.
  for (let list = 0; list < 3; list += 1) compactArray(cursor, () => cursor.int32());
  skipTags(cursor);
  return [partition, leader];
}

function compactArray<T>(cursor: Cursor, read: () => T): T[] {
  return Array.from({ length: Math.max(0, readUnsigned(cursor) - 1) }, read);
}

function readString(cursor: Cursor): string {
  const length = Math.max(0, readUnsigned(cursor) - 1);
  cursor.at += length;
  return cursor.bytes.toString('utf8', cursor.at - length, cursor.at);
}

const skipString = (cursor: Cursor): void => {
  const length = Math.max(0, readUnsigned(cursor) - 1);
  cursor.at += length;
};

function skipTags(cursor: Cursor): void {
  for (let left = readUnsigned(cursor); left > 0; left -= 1) {
    readUnsigned(cursor);
    const length = readUnsigned(cursor);
    cursor.at += length;
  }
}

function readUnsigned(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.bytes[cursor.at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}

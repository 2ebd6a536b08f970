import { createRequire } from 'node:module';
import type { RawRequest } from '../client/raw-cluster.ts';
import { Cursor } from '../kafkajs-patches/fetch/cursor.ts';

/** A version with topic ids (KIP-516), which Kafka supports since 2.8. kafkajs 2.2.4 ends at version 6. */
export const METADATA_VERSION = 11;
export const METADATA_KEY = 3;
const ID_BYTES = 16;

/** What a broker currently knows about a topic. */
export type TopicMetadata = Readonly<{
  topic: string;
  /** Kafka's code: 0 is no error, 3 an unknown topic. */
  errorCode: number;
  /** In hexadecimal. A topic recreated under the same name gets another id. */
  id: string;
  /** By partition, the id of the leading broker; -1 for none. */
  leaders: ReadonlyMap<number, number>;
}>;

type Encoder = Readonly<{ writeBuffer: (bytes: Buffer) => Encoder }>;
const KafkajsEncoder: new () => Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder');

/** A Metadata request for these topics (https://kafka.apache.org/protocol#The_Messages_Metadata). It creates no topic. */
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

/**
 * | bytes | field |
 * | --- | --- |
 * | 1 | tags of the request header; kafkajs writes a header of the older form, without them |
 * | varint | number of topics + 1 |
 * | 16, compact string, 1 | of each topic: id (none), name, tags |
 * | 1 | whether to create missing topics |
 * | 1 | whether to include what the client may do |
 * | 1 | tags |
 */
function encodeRequest(topics: readonly string[]): Buffer {
  const named = topics.flatMap((topic) => [NO_ID, compactString(topic), NO_TAGS]);
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

/**
 * Decodes the response, from the tags of its header on. Arrays and strings are compact: their length + 1 comes first, as a varint.
 *
 * | bytes | field |
 * | --- | --- |
 * | tags | of the header |
 * | 4 | throttle time |
 * | array | brokers: id (4), host (string), port (4), rack (string), tags |
 * | string | cluster id |
 * | 4 | controller id |
 * | array | topics: error code (2), name (string), id (16), whether internal (1), partitions (array), allowed operations (4), tags |
 *
 * A partition is an error code (2), its number (4), leader (4), leader epoch (4), three arrays of replicas (4 each), and tags.
 */
export function decodeTopicMetadata(bytes: Buffer): readonly TopicMetadata[] {
  const cursor = new Cursor(bytes);
  skipTags(cursor);
  cursor.int32();
  compactArray(cursor, () => {
    cursor.int32();
    skipString(cursor);
    cursor.int32();
    skipString(cursor);
    skipTags(cursor);
  });
  skipString(cursor);
  cursor.int32();
  return compactArray(cursor, () => {
    const errorCode = cursor.int16();
    const topic = readString(cursor);
    cursor.at += ID_BYTES;
    const id = bytes.toString('hex', cursor.at - ID_BYTES, cursor.at);
    cursor.int8();
    const leaders = compactArray(cursor, () => leaderOf(cursor));
    cursor.int32();
    skipTags(cursor);
    return { topic, errorCode, id, leaders: new Map(leaders) };
  });
}

function leaderOf(cursor: Cursor): readonly [partition: number, node: number] {
  cursor.int16();
  const partition = cursor.int32();
  const leader = cursor.int32();
  cursor.int32();
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

import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import type { Encoder } from '../fetch-answer.ts';

const kafkajs = createRequire(import.meta.url);
const KafkajsEncoder: new () => Encoder = kafkajs('kafkajs/src/protocol/encoder');
const crc32C: (bytes: Buffer) => number = kafkajs('kafkajs/src/protocol/recordBatch/crc32C');
const encoder = () => new KafkajsEncoder();

const PRODUCE = 0;
/** Takes zstd. */
const VERSION = 7;
const CRC_AT = 17;

/** Where the broker has put a batch. */
export type Placed = Readonly<{ topic: string; partition: number; firstOffset: number }>;

/** Writes batches as their bytes are: what kafkajs cannot write, as null headers and other clients' framings, a broker takes all the same. */
export type RawProducer = Readonly<{
  /** Throws with the error code where the broker refuses it. */
  produce: (topic: string, partition: number, batch: Buffer) => Promise<Placed>;
  close: () => void;
}>;

/** Connects to the only broker there is. */
export async function openRawProducer(brokers: string): Promise<RawProducer> {
  const [host = '', port = ''] = brokers.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  return {
    produce: async (topic, partition, batch) => {
      socket.write(requestOf(topic, partition, withChecksum(batch)));
      return placeOf(topic, partition, await nextAnswer(socket));
    },
    close: () => socket.destroy(),
  };
}

/** With the checksum of all that follows it. */
function withChecksum(batch: Buffer): Buffer {
  const checked = Buffer.from(batch);
  checked.writeUInt32BE(crc32C(checked.subarray(CRC_AT + 4)), CRC_AT);
  return checked;
}

function requestOf(topic: string, partition: number, batch: Buffer): Buffer {
  const body = encoder().writeInt16(PRODUCE).writeInt16(VERSION).writeInt32(1).writeString('hostile').writeInt16(-1);
  body
    .writeInt16(-1)
    .writeInt32(30_000)
    .writeInt32(1)
    .writeString(topic)
    .writeInt32(1)
    .writeInt32(partition)
    .writeBytes(batch);
  return encoder().writeInt32(body.size()).writeBuffer(body.buffer).buffer;
}

async function nextAnswer(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const [chunk]: Buffer[] = await once(socket, 'data', { signal: AbortSignal.timeout(30_000) });
    if (chunk !== undefined) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) return bytes;
  }
}

function placeOf(topic: string, partition: number, answer: Buffer): Placed {
  // Size, correlation id, one topic with its name, one partition with its number.
  const at = 4 + 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4;
  const errorCode = answer.readInt16BE(at);
  if (errorCode !== 0) throw new Error(`The broker refused a batch for ${topic}/${partition}: ${errorCode}`);
  return { topic, partition, firstOffset: Number(answer.readBigInt64BE(at + 2)) };
}

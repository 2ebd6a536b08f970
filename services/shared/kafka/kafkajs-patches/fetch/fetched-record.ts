import type { IHeaders, KafkaMessage } from 'kafkajs';
import { Cursor } from './cursor.ts';

/** The header of a batch, under kafkajs's names. */
export type BatchContext = Readonly<{
  firstOffset: string;
  firstTimestamp: string;
  maxTimestamp: string;
  /** 1: the time of the append; 0: the producer's time. */
  timestampType: 0 | 1;
  partitionLeaderEpoch: number;
  lastOffsetDelta: number;
  producerId: string;
  producerEpoch: number;
  firstSequence: number;
  inTransaction: boolean;
  isControlBatch: boolean;
  magicByte: number;
}>;

/**
 * A record as kafkajs delivers it to a consumer. Key, value and headers are decoded from the received bytes only on access: decoding headers,
 * which few readers use, is most of the time that kafkajs spends on a record.
 *
 * | bytes | field |
 * | --- | --- |
 * | varint | length of the rest |
 * | 1 | attributes, unused |
 * | varint | timestamp, as a distance to the first of the batch |
 * | varint | offset, as a distance to the first of the batch |
 * | varint, then that many | key; length -1 is null |
 * | varint, then that many | value; length -1 is null |
 * | varint | number of headers; each is a name and a value, encoded like a key |
 */
export class FetchedRecord implements Pick<KafkaMessage, 'attributes' | 'offset' | 'timestamp' | 'key' | 'value'> {
  /** Kafka uses no attributes of records. */
  readonly attributes = 0;
  readonly offset: string;
  readonly timestamp: string;
  readonly batchContext: BatchContext;
  readonly #bytes: Buffer;
  readonly #keyAt: number;
  readonly #end: number;
  #value: Buffer | null | undefined;

  /** `keyAt` is where the length of the key begins in `bytes`; `end` is where the record ends. */
  constructor(context: BatchContext, offset: string, timestamp: string, bytes: Buffer, keyAt: number, end: number) {
    this.batchContext = context;
    this.offset = offset;
    this.timestamp = timestamp;
    this.#bytes = bytes;
    this.#keyAt = keyAt;
    this.#end = end;
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControlBatch;
  }

  get magicByte(): number {
    return this.batchContext.magicByte;
  }

  get key(): Buffer | null {
    return sized(new Cursor(this.#bytes, this.#keyAt), this.#end);
  }

  get value(): Buffer | null {
    this.#value ??= sized(this.#afterKey(), this.#end);
    return this.#value;
  }

  /** A repeated header is an array of its values. */
  get headers(): IHeaders {
    const cursor = this.#afterKey();
    skip(cursor);
    const headers = new Map<string, Buffer | Buffer[]>();
    for (let left = cursor.varInt(); left > 0 && cursor.at < this.#end; left -= 1) {
      const name = sized(cursor, this.#end)?.toString('utf8') ?? 'null';
      const value = sized(cursor, this.#end) as Buffer;
      const known = headers.get(name);
      headers.set(name, known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value]);
    }
    return Object.fromEntries(headers);
  }

  #afterKey(): Cursor {
    const cursor = new Cursor(this.#bytes, this.#keyAt);
    skip(cursor);
    return cursor;
  }
}

/** Whether the key and the value at the cursor end before `end`. */
export function holdsKeyAndValue(cursor: Cursor, end: number): boolean {
  return skip(cursor) && cursor.at <= end && skip(cursor) && cursor.at <= end;
}

/** Reads a length and that many bytes, but none at or after `end`; null for a negative length. */
function sized(cursor: Cursor, end: number): Buffer | null {
  const length = cursor.varInt();
  if (length < 0) return null;
  cursor.at += length;
  return cursor.bytes.subarray(Math.min(cursor.at - length, end), Math.min(cursor.at, end));
}

/** False for an invalid length. */
function skip(cursor: Cursor): boolean {
  const length = cursor.varInt();
  if (length > 0) cursor.at += length;
  return length >= -1;
}

import type { IHeaders, KafkaMessage } from 'kafkajs';
import { Cursor } from './cursor.ts';

/** What the records of a batch have in common, under kafkajs's names. */
export type BatchContext = Readonly<{
  firstOffset: string;
  firstTimestamp: string;
  maxTimestamp: string;
  /** 1: the log's time of appending; 0: the producer's. */
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
 * A record as kafkajs hands it to a consumer. Key, value and headers stay in the bytes that were received until they are
 * asked for: copying headers, which few readers look at, is most of what kafkajs does for a record.
 */
export class FetchedRecord implements Pick<KafkaMessage, 'attributes' | 'offset' | 'timestamp' | 'key' | 'value'> {
  /** Of a record; Kafka uses none. */
  readonly attributes = 0;
  readonly offset: string;
  readonly timestamp: string;
  readonly batchContext: BatchContext;
  readonly #bytes: Buffer;
  readonly #keyAt: number;
  readonly #end: number;
  #value: Buffer | null | undefined;

  /** Its key begins in `bytes` at `keyAt`, with its length before it; its headers end before `end`. */
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
    return stretch(new Cursor(this.#bytes, this.#keyAt), this.#end);
  }

  get value(): Buffer | null {
    this.#value ??= stretch(this.#behindKey(), this.#end);
    return this.#value;
  }

  /** A header that occurs more than once is an array of its values. */
  get headers(): IHeaders {
    const cursor = this.#behindKey();
    skip(cursor);
    const headers = new Map<string, Buffer | Buffer[]>();
    for (let left = cursor.varInt(); left > 0 && cursor.at < this.#end; left -= 1) {
      const name = stretch(cursor, this.#end)?.toString('utf8') ?? 'null';
      const value = stretch(cursor, this.#end) as Buffer;
      const known = headers.get(name);
      headers.set(name, known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value]);
    }
    return Object.fromEntries(headers);
  }

  #behindKey(): Cursor {
    const cursor = new Cursor(this.#bytes, this.#keyAt);
    skip(cursor);
    return cursor;
  }
}

/** Whether key and value, which follow the cursor, end before `end`. */
export function holdsKeyAndValue(cursor: Cursor, end: number): boolean {
  return skip(cursor) && cursor.at <= end && skip(cursor) && cursor.at <= end;
}

/** The bytes of a length that is told before them, but none from `end` on; null for the length -1. */
function stretch(cursor: Cursor, end: number): Buffer | null {
  const length = cursor.varInt();
  if (length < 0) return null;
  cursor.at += length;
  return cursor.bytes.subarray(Math.min(cursor.at - length, end), Math.min(cursor.at, end));
}

/** False for a length that is none. */
function skip(cursor: Cursor): boolean {
  const length = cursor.varInt();
  if (length > 0) cursor.at += length;
  return length >= -1;
}

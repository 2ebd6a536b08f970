const MORE = 0x80;
const BITS = 0x7f;
/** Bytes of a varint whose bits a double holds exactly. */
const EXACT_BYTES = 7;

/** Reads Kafka's primitive types one after another (https://kafka.apache.org/protocol#protocol_types). Past the end it reads zeros. */
export class Cursor {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(): number {
    this.at += 1;
    return this.bytes.readInt8(this.at - 1);
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  /** In decimal digits, as kafkajs has all 64-bit numbers. */
  int64(): string {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8).toString();
  }

  /** Null has length -1. */
  string(): string | null {
    const length = this.int16();
    if (length === -1) return null;
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  array<T>(read: () => T): T[] {
    const length = this.int32();
    return Array.from({ length: Math.max(0, length) }, read);
  }

  /** A zigzag number of up to 32 bits. */
  varInt(): number {
    let byte = this.bytes[this.at++] ?? 0;
    let value = byte & BITS;
    for (let shift = 7; byte >= MORE; shift += 7) {
      byte = this.bytes[this.at++] ?? 0;
      value |= (byte & BITS) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag number of up to 64 bits: a number where that is exact for certain. */
  varLong(): number | bigint {
    const start = this.at;
    while ((this.bytes[this.at] ?? 0) >= MORE) this.at += 1;
    this.at += 1;
    if (this.at - start <= EXACT_BYTES) {
      let value = 0;
      for (let at = this.at - 1; at >= start; at -= 1) value = value * MORE + ((this.bytes[at] ?? 0) & BITS);
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    let value = 0n;
    for (let at = this.at - 1; at >= start; at -= 1) value = (value << 7n) | BigInt((this.bytes[at] ?? 0) & BITS);
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }
}

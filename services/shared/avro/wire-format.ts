/** Confluent wire format: a zero byte, the schema's id as a big-endian 32-bit integer, then the Avro bytes. */
export const WIRE_HEADER_BYTES = 5;
const MAGIC_BYTE = 0;

/** The id of the schema a value was written with, or null if the value is not in the wire format. */
export function writerSchemaId(value: Buffer): number | null {
  return value.length >= WIRE_HEADER_BYTES && value[0] === MAGIC_BYTE ? value.readInt32BE(1) : null;
}

/** `avroBytes` behind the header for `schemaId`. */
export function toWireFormat(schemaId: number, avroBytes: Buffer): Buffer {
  const value = Buffer.allocUnsafe(WIRE_HEADER_BYTES + avroBytes.length);
  value[0] = MAGIC_BYTE;
  value.writeInt32BE(schemaId, 1);
  avroBytes.copy(value, WIRE_HEADER_BYTES);
  return value;
}

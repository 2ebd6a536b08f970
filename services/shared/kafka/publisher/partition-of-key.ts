/**
 * The partition of a key: murmur2 of its UTF-8 bytes, as every Kafka client's default partitioner has it. Records
 * without a key take the partitions in turn. Linear in the key's length: kafkajs's own murmur2 multiplies BigInts
 * without truncating them, which is quadratic (half a minute for 500 KB).
 */
export function createPartitionOfKey(partitions: number): (key: string | null) => number {
  let next = 0;
  return (key) => {
    if (key !== null) return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
    next = (next + 1) % partitions;
    return next;
  };
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils): `Math.imul` and the shifts are exact 32-bit arithmetic. */
function murmur2(bytes: Buffer): number {
  const rest = bytes.length % 4;
  const whole = bytes.length - rest;
  let hash = SEED ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    const word = Math.imul(bytes.readInt32LE(at), M);
    hash = Math.imul(hash, M) ^ Math.imul(word ^ (word >>> 24), M);
  }
  if (rest > 0) hash = Math.imul(hash ^ bytes.readUIntLE(whole, rest), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

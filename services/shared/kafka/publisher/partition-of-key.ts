import { Partitioners } from 'kafkajs';

/** Most keys come again and again, and kafkajs takes long to hash one. */
const REMEMBERED_KEYS = 10_000;

/** The partition of a key: Java's murmur2, as every Kafka client's default does it. `next` numbers records without a key. */
export function createPartitionOfKey(partitions: number): (key: string | null) => number {
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  const known = new Map<string, number>();
  let next = 0;
  return (key) => {
    if (key === null) {
      next = (next + 1) % partitions;
      return next;
    }
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const partition = partitioner({ topic: '', partitionMetadata, message: { key, value: null } });
    if (known.size >= REMEMBERED_KEYS) known.clear();
    known.set(key, partition);
    return partition;
  };
}

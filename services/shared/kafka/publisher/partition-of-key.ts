import { Partitioners } from 'kafkajs';

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
  let next = 0;
  return (key) => {
    if (key === null) {
      next = (next + 1) % partitions;
      return next;
    }
    return partitioner({ topic: '', partitionMetadata, message: { key, value: null } });
  };
}

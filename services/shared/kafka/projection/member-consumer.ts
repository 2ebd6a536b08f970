import type { Consumer, Kafka } from 'kafkajs';
import { coPartitioningAssigner } from './co-partitioning-assigner.ts';

/** Short, so that the partitions of a dead member soon run elsewhere (shared/kafka/README.md, rule 8). */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_500;

/** The consumer of a projection's member. `held` lists the partitions it has, which it keeps in a rebalance if they are a fair share. */
export const createMemberConsumer = (
  kafka: Kafka,
  { groupId, partitions }: Readonly<{ groupId: string; partitions: number }>,
  held: () => readonly number[],
): Consumer =>
  kafka.consumer({
    groupId,
    partitionAssigners: [coPartitioningAssigner(partitions, held)],
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000 },
  });

import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka } from 'kafkajs';
import { useOwnFetchDecoder } from '../kafkajs-patches/fetch/use-own-fetch-decoder.ts';

/**
 * A read_committed consumer for a reader that keeps its own positions. kafkajs cannot read a partition outside a group, so each reader is the
 * only member of a group with a random id and commits nothing (shared/kafka/README.md, rule 11). `onCrash` is called when kafkajs gives up: it
 * would otherwise stay connected and read nothing (shared/kafka/README.md, rule 12).
 */
export function createReaderConsumer(kafka: Kafka, groupPrefix: string, onCrash: (error: Error) => void): Consumer {
  useOwnFetchDecoder();
  const consumer = kafka.consumer({
    groupId: `${groupPrefix}${randomUUID()}`,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 8 },
  });
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) onCrash(payload.error);
  });
  return consumer;
}

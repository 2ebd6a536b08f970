import type { Kafka } from 'kafkajs';
import { createRawCluster, type RawCluster } from '../client/raw-cluster.ts';
import { brokerErrorType } from '../refusals/access.ts';
import { TopicGoneError } from './log-changed.ts';

/** The connections behind a log lookup, opened by its first request and kept while responses arrive. */
export type LookupConnection = Readonly<{
  /** Runs `request`. An error closes the connections: only new ones forget who led a partition. Throws TopicGoneError if a topic does not exist. */
  use: <T>(request: (cluster: RawCluster) => Promise<T>) => Promise<T>;
  close: () => Promise<void>;
}>;

/** `onClose` is called when connections are given up, before they are closed. */
export function createLookupConnection(kafka: Kafka, topics: readonly string[], onClose: () => void): LookupConnection {
  let opened: Promise<RawCluster> | null = null;

  const open = async (): Promise<RawCluster> => {
    const cluster = createRawCluster(kafka);
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics(topics);
      return cluster;
    } catch (error) {
      await cluster.disconnect().catch(() => undefined);
      if (brokerErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw new TopicGoneError(topics);
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    const cluster = opened;
    opened = null;
    onClose();
    await cluster?.then((one) => one.disconnect()).catch(() => undefined);
  };
  return {
    use: async (request) => {
      opened ??= open();
      const used = opened;
      try {
        return await request(await used);
      } catch (error) {
        if (opened === used) await close();
        throw error;
      }
    },
    close,
  };
}

import type { Kafka } from 'kafkajs';

/** A request in the form kafkajs's connections send it. */
export type RawRequest<Answer> = Readonly<{
  request: Readonly<{ apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<unknown> }>;
  response: Readonly<{ decode: (bytes: Buffer) => Promise<Answer>; parse: (answer: Answer) => Promise<Answer> }>;
}>;

export type FetchedPartition = Readonly<{
  lastStableOffset: string;
  /** The first offset of the log; kafkajs’s own name of it. */
  lastStartOffset: string;
  messages: readonly Readonly<{
    offset: string;
    timestamp: string;
    key: Buffer | null;
    value: Buffer | null;
    isControlRecord: boolean;
    batchContext?: Readonly<{ partitionLeaderEpoch: number }>;
  }>[];
}>;

export type RawBroker = Readonly<{
  /** By the number of the request; what a broker did not tell it does not know. */
  versions: Readonly<Record<number, Readonly<{ minVersion: number; maxVersion: number }> | undefined>> | null;
  connectionPool: Readonly<{ send: <Answer>(request: RawRequest<Answer>) => Promise<Answer> }>;
  fetch: (asked: {
    replicaId: number;
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
    rackId: string;
  }) => Promise<{ responses: readonly Readonly<{ partitions: readonly FetchedPartition[] }>[] }>;
}>;

/** The connections to all brokers that are behind every client of kafkajs. */
export type RawCluster = Readonly<{
  connect: () => Promise<void>;
  disconnect: () => Promise<void>;
  addMultipleTargetTopics: (topics: readonly string[]) => Promise<void>;
  refreshMetadata: () => Promise<void>;
  findLeaderForPartitions: (topic: string, partitions: readonly number[]) => Readonly<Record<string, number[]>>;
  findBroker: (broker: Readonly<{ nodeId: string }>) => Promise<RawBroker>;
}>;

const CREATE_CLUSTER = 'private:Kafka:createCluster';

/**
 * Connections of their own, for requests that no client of kafkajs 2.2.4 makes: to read one record without a group, and to ask for topic ids. kafkajs keeps what
 * makes them under a symbol; its version is pinned.
 */
export function createRawCluster(kafka: Kafka): RawCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER);
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof create !== 'function') throw new Error(`kafkajs is not 2.2.4: it has no ${CREATE_CLUSTER}`);
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false });
}

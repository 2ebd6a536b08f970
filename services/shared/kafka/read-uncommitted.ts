import type { Kafka } from 'kafkajs';

type CreateCluster = (options: Readonly<Record<string, unknown>>) => unknown;
const READ_UNCOMMITTED = 0;

/**
 * The same client, whose admin tells high watermarks: ends of logs with what open transactions have written. kafkajs 2.2.4 asks for the last stable offset (rule 8)
 * and has no option for it. Throws where kafkajs is built otherwise.
 */
export function readUncommitted(kafka: Kafka): Kafka {
  const name = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER);
  const create: unknown = name === undefined ? undefined : Reflect.get(kafka, name);
  if (name === undefined || typeof create !== 'function') throw new Error(`kafkajs has no ${CREATE_CLUSTER}`);
  const uncommitted: CreateCluster = (options) => create({ ...options, isolationLevel: READ_UNCOMMITTED });
  return Object.defineProperty(Object.create(kafka), name, { value: uncommitted });
}

const CREATE_CLUSTER = 'private:Kafka:createCluster';

import type { Kafka } from 'kafkajs';
import { startTableReader, type TableRecord } from './table-reader.ts';

/**
 * All committed records of a small topic, up to the ends that stand at the call; each partition in order. Throws KafkaAccessError, which names the right that is
 * missing, or whatever else keeps the reader from going on; that it takes longer than `withinMs`, too.
 */
export async function readToEnd(
  kafka: Kafka,
  topic: string,
  groupPrefix: string,
  withinMs?: number,
): Promise<readonly TableRecord[]> {
  const found: TableRecord[] = [];
  const reader = startTableReader(kafka, { topics: [topic], groupPrefix }, (records) => {
    found.push(...records);
  });
  const late = Promise.withResolvers<never>();
  const giveUp = (): void => late.reject(new Error(`${topic} was not read to its end within ${withinMs} ms`));
  const timer = withinMs === undefined ? undefined : setTimeout(giveUp, withinMs);
  try {
    await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error)), late.promise]);
  } finally {
    clearTimeout(timer);
    await reader.stop();
  }
  return found;
}

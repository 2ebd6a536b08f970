import type { EndsOfTopics } from '../shared/kafka/projection/log-ends.ts';

/** Partitions that somebody added to an input, `from` to `to`, both inclusive: no task has them. */
export type UnreadPartitions = Readonly<{ topic: string; from: number; to: number; records: number }>;

/** `partitions` is how many each input is configured to have. */
export function unreadPartitions(
  ends: EndsOfTopics,
  inputs: readonly string[],
  partitions: number,
): readonly UnreadPartitions[] {
  return inputs.flatMap((topic) => {
    const added = [...(ends.get(topic) ?? [])].filter(([partition]) => partition >= partitions);
    if (added.length === 0) return [];
    const records = added.reduce((sum, [, { low, high }]) => sum + high - low, 0);
    return [{ topic, from: partitions, to: Math.max(...added.map(([partition]) => partition)), records }];
  });
}

export const unreadInWords = ({ topic, from, to, records }: UnreadPartitions): string =>
  `partitions ${from} to ${to} were added to ${topic}, whose number is fixed for life (KAFKA_PARTITIONS is ${from}): the ${records} records in them are not counted. ` +
  `Stop whoever writes there; copy the topic, by key, into one with ${from} partitions, or all topics under another KAFKA_TOPIC_PREFIX with more`;

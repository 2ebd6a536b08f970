import type { KafkaMessage } from 'kafkajs';

/** Headers as text, the last of each name, as Kafka's own clients take it; without those whose value is null, which kafkajs's types do not know. */
export function textHeaders(headers: KafkaMessage['headers'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) => {
      const value = Array.isArray(values) ? values.at(-1) : values;
      return value === undefined || value === null ? [] : [[name, value.toString()] as const];
    }),
  );
}

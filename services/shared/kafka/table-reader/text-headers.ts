import type { KafkaMessage } from 'kafkajs';

/**
 * Headers as text. For a repeated name the last value counts, as in Kafka's own clients. Null values, which kafkajs's types do not mention,
 * are left out.
 */
export function textHeaders(headers: KafkaMessage['headers'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) => {
      const value = Array.isArray(values) ? values.at(-1) : values;
      return value === undefined || value === null ? [] : [[name, value.toString()] as const];
    }),
  );
}

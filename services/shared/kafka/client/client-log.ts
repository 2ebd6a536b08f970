import { type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../../observability/logger.ts';
import { summaryOf } from '../../observability/summarise.ts';

/**
 * Logs one of kafkajs's own lines as a warning, reduced to its message and broker. In an outage each client writes several a second, so all
 * clients of a logger share a summary, which treats lines as the same if they differ only in numbers, addresses and ids.
 */
export function logClient(logger: Logger, { level, log: { message, broker, error } }: LogEntry): void {
  const problem = `${message}${typeof error === 'string' ? `: ${error}` : ''}`;
  const fields = typeof broker === 'string' ? { problem, broker } : { problem };
  if (level === logLevel.ERROR)
    summaryOf(logger).warn('kafka-client-said', `${broker} ${withoutDetails(problem)}`, fields);
  else logger.debug('kafka-client-said', fields);
}

/** Without quoted text and words that contain a digit: counts, times, addresses, most ids. */
const withoutDetails = (text: string): string => text.slice(0, 200).replace(/(["'`]).*?\1|\S*\d\S*/g, '');

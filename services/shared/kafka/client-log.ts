import { type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../observability/logger.ts';
import { summaryOf } from '../observability/summarise.ts';

/**
 * One of kafkajs's own lines, as a warning of ours: its message and the broker it speaks of, nothing else of it. In an outage each client writes several
 * a second: all clients of a logger share a summary, in which lines that differ only in numbers, addresses and ids are of one kind.
 */
export function logClient(logger: Logger, { level, log: { message, broker, error } }: LogEntry): void {
  const problem = `${message}${typeof error === 'string' ? `: ${error}` : ''}`;
  const fields = typeof broker === 'string' ? { problem, broker } : { problem };
  if (level === logLevel.ERROR)
    summaryOf(logger).warn('kafka-client-said', `${broker} ${withoutDetails(problem)}`, fields);
  else logger.debug('kafka-client-said', fields);
}

/** Without what is quoted, and without every word that holds a digit: counts, times, addresses, most ids. */
const withoutDetails = (text: string): string => text.slice(0, 200).replace(/(["'`]).*?\1|\S*\d\S*/g, '');

import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import { InternalError } from './internal-error.ts';

/** Told once of every exception that is neither the sender's nor Kafka's fault. */
export type OnInternalError = (error: unknown) => void;

/**
 * Counts it, and logs what it was and where it comes from. Only an InternalError's message may be logged: any other may
 * quote what was handled.
 */
export function reportInternalErrors(logger: Logger, count: () => void): OnInternalError {
  return (error) => {
    count();
    const problem = error instanceof InternalError ? error.message : placeOf(error);
    summaryOf(logger).error('internal-error', problem, { ...errorFields(error), problem });
  };
}

/** The innermost line of an error's stack: a place in our code or in a library's. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Something that is no error was thrown';
  const { message, stack = '' } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /^ +at (.*)$/m.exec(frames)?.[0].trim() ?? 'It has no stack';
}

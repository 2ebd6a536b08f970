import { errorFields, type Logger } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';
import { InternalError } from './internal-error.ts';

/** Called once for every exception that is neither the sender's nor Kafka's fault. */
export type OnInternalError = (error: unknown) => void;

/**
 * Counts each error, and logs what it is and where it was thrown. Only an InternalError's message may be logged: any other
 * may quote the payload.
 */
export function reportInternalErrors(logger: Logger, count: () => void): OnInternalError {
  return (error) => {
    count();
    const problem = error instanceof InternalError ? error.message : innermostFrame(error);
    summaryOf(logger).error('internal-error', problem, { ...errorFields(error), problem });
  };
}

/** The innermost frame of an error's stack. */
function innermostFrame(error: unknown): string {
  if (!(error instanceof Error)) return 'Something other than an Error was thrown';
  const { message, stack = '' } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /^ +at (.*)$/m.exec(frames)?.[0].trim() ?? 'The error has no stack';
}

/** The stack cannot start, for a reason that a person can act on. Its message is shown without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  const message: unknown = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message);
}

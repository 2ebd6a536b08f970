/** The stack cannot start, for a reason a person can act on: its message is all there is to say, without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

/** What an error says in words. */
export function messageOf(error: unknown): string {
  const message: unknown = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message);
}

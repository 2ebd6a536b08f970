/** The stack cannot start, for a reason a person can act on: its message is all there is to say, without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

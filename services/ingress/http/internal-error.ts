/** What this version failed to do with a webhook. */
export type Operation = 'recognise' | 'encode';

/**
 * An exception in our own code, in a form that may be logged. Libraries such as avsc quote the value they fail on, so
 * only the type and the innermost stack frames of the original are kept.
 */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  constructor(operation: Operation, original: unknown) {
    const type = original instanceof Error ? original.name : typeof original;
    super(`Could not ${operation} a webhook: ${[type, ...framesOf(original)].join(' ')}`);
  }
}

const FRAMES = 3;

/** `at function (file:line:column)`, innermost first; none if the message cannot be separated from the stack. */
function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const header = error.message === '' ? error.name : error.message;
  const start = error.stack.indexOf(header);
  if (start === -1) return [];
  const frames = error.stack.slice(start + header.length).split('\n');
  return frames
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, FRAMES);
}

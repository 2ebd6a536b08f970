/** What this version was doing with a webhook when it failed. */
export type Doing = 'recognise' | 'encode';

/**
 * An exception of ours as it may be logged. Messages of libraries quote the value they fail at (avsc does), so of the
 * original there are only its type and the innermost places in the code.
 */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  constructor(doing: Doing, original: unknown) {
    const type = original instanceof Error ? original.name : typeof original;
    super(`Could not ${doing} a webhook: ${[type, ...framesOf(original)].join(' ')}`);
  }
}

const FRAMES = 3;

/** `at function (file:line:column)`, innermost first; none where the message cannot be told from the stack. */
function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const header = error.message === '' ? error.name : error.message;
  const begin = error.stack.indexOf(header);
  if (begin === -1) return [];
  const frames = error.stack.slice(begin + header.length).split('\n');
  return frames
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, FRAMES);
}

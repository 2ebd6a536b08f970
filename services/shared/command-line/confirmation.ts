import { createInterface } from 'node:readline/promises';

/** Nobody agreed to what a command is about to rewrite. Nothing was done. */
export class NotConfirmedError extends Error {
  override readonly name = 'NotConfirmedError';
  readonly retriable = false;
}

export type Terminal = Readonly<{
  input: NodeJS.ReadableStream & Readonly<{ isTTY?: boolean }>;
  output: NodeJS.WritableStream & Readonly<{ isTTY?: boolean }>;
}>;

/**
 * How a command that rewrites what others read is agreed to: `yes` says so beforehand, else a person is asked on the terminal. Throws NotConfirmedError at once
 * where there is no terminal either, so that nothing begins that could not end.
 */
export function createConfirmation(yes: boolean, { input, output }: Terminal): (question: string) => Promise<void> {
  if (yes) return async () => undefined;
  if (input.isTTY !== true || output.isTTY !== true)
    throw new NotConfirmedError(
      'Nothing was done: there is no terminal to ask on. Say --yes, or --dry-run to see what would be done',
    );
  return async (question) => {
    const lines = createInterface({ input, output });
    try {
      const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
      const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
      if (!/^y(es)?$/i.test(answer.trim())) throw new NotConfirmedError('Nothing was done');
    } finally {
      lines.close();
    }
  };
}

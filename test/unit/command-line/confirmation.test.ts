import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createConfirmation } from '../../../services/shared/command-line/confirmation.ts';

/** A terminal on which a person types this. */
function terminalWith(typed: string | null) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  if (typed === null) input.end();
  else input.write(`${typed}\n`);
  return { input, output };
}

describe('When a command is about to rewrite what others read', () => {
  test('and --yes was said, then nobody is asked', async () => {
    const nobody = { input: new PassThrough(), output: new PassThrough() };
    await expect(createConfirmation(true, nobody)('Publish?')).resolves.toBeUndefined();
    expect(nobody.output.read()).toBeNull();
  });

  test('and there is no terminal, then it ends before it begins, and says how to agree', () => {
    const pipes = { input: new PassThrough(), output: new PassThrough() };
    expect(() => createConfirmation(false, pipes)).toThrow('Say --yes, or --dry-run');
    expect(() => createConfirmation(false, { ...terminalWith('y'), output: new PassThrough() })).toThrow('--yes');
  });

  test.each(['y', 'Yes', ' yes '])('and a person answers %j, then it goes on', async (typed) => {
    const terminal = terminalWith(typed);
    await expect(createConfirmation(false, terminal)('Publish?')).resolves.toBeUndefined();
    expect(String(terminal.output.read())).toContain('Publish? [y/N]');
  });

  test.each(['n', '', 'yesterday', null])('and a person answers %j, then nothing is done', async (typed) => {
    await expect(createConfirmation(false, terminalWith(typed))('Publish?')).rejects.toThrow('Nothing was done');
  });
});

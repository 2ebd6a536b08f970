import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { nodeFlags } from '../../dev/start/node-flags.ts';

test('When an image starts Node, then with the flags that everything else is run and measured with', () => {
  const file = readFileSync(new URL('../../deploy/Dockerfile', import.meta.url), 'utf8');
  const [, entrypoint = ''] = /^ENTRYPOINT (.+)$/m.exec(file) ?? [];
  expect(JSON.parse(entrypoint)).toEqual(['node', ...nodeFlags, '--disable-warning=TimeoutNegativeWarning']);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root, trackedFiles } from '../support/tracked-files.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('When the code of a service names a metric, then docs/metrics.md has a row for it', () => {
  const sources = trackedFiles().filter((file) => /^services\/.*\.ts$/.test(file));
  const named = sources.flatMap((file) => [...read(file).matchAll(/'(vxt_[a-z_]+)'/g)].map(([, name = '']) => name));
  const documented = new Set([...read('docs/metrics.md').matchAll(/^\| `(vxt_[a-z_]+)`/gm)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(40);
  expect([...new Set(named)].filter((name) => !documented.has(name))).toEqual([]);
});

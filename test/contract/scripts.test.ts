import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root, trackedFiles } from '../support/tracked-files.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
/** npm's own commands for a script: `npm start`, `npm test`. */
const asTyped = (script: string): string =>
  ['start', 'test'].includes(script) ? `npm ${script}` : `npm run ${script}`;

test('Each script of package.json has a row in CONTRIBUTING.md, and each row a script', () => {
  const [, section = ''] = /^## npm scripts$([\s\S]*?)^## /m.exec(read('CONTRIBUTING.md')) ?? [];
  const rows = [...section.matchAll(/^\| `(npm (?:run )?[\w:]+)` \| \S.*\|$/gm)].map(([, command]) => command);
  expect(rows.sort()).toEqual(Object.keys(scripts).map(asTyped).sort());
});

test('When a path follows a test script, then jest takes it for a path, and not for one more project', () => {
  const endInProjects = Object.entries(scripts).filter(([, script]) => / --selectProjects [\w ]+$/.test(script));
  expect(endInProjects).toEqual([]);
});

describe.each(trackedFiles().filter((file) => file.endsWith('.md')))('When %s names an npm script', (file) => {
  test('then there is one of that name', () => {
    const named = [...read(file).matchAll(/\bnpm run ([a-z][\w:]*\w)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const README = 'services/shared/kafka/README.md';
const readme = read(README);

const rules = [...readme.matchAll(/^\*\*(\d+)\. /gm)].map(([, number]) => Number(number));
const evidence = [...readme.matchAll(/^- `(test\/.+?)`: "(.+)"$/gm)].map(
  ([, path = '', name = '']) => [path, name] as const,
);

test('The rules of kafkajs are numbered once, and each names a test', () => {
  expect([...rules].sort((a, b) => a - b)).toEqual(rules.map((_, index) => index + 1));
  for (const section of readme.split(/^\*\*\d+\. /gm).slice(1)) expect(section).toMatch(/^- `test\//m);
});

test.each(evidence)('%s has the test “%s”', (path, name) => {
  expect(read(path)).toContain(`'${name}'`);
});

test('Every comment that cites a rule cites one that exists, and where it is', () => {
  const files = globSync('{services,dev,tools,test,deploy,schemas,bench}/**/*.{ts,md}', { cwd: root });
  const citations = files
    .filter((path) => path !== README && !path.endsWith('rules.test.ts'))
    .flatMap((path) => {
      const cited = [...read(path).matchAll(/\brules? (\d+)(?: to (\d+))?/gi)];
      return cited.map(([, from, to]) => ({ path, numbers: [from, to ?? from].map(Number) }));
    });
  expect(citations.length).toBeGreaterThan(10);
  for (const { path, numbers } of citations) {
    expect({ path, unknown: numbers.filter((number) => !rules.includes(number)) }).toEqual({ path, unknown: [] });
    expect({ path, named: read(path).includes('shared/kafka/README.md, rule') }).toEqual({ path, named: true });
  }
});

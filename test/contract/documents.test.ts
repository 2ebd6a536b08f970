import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root, trackedFiles } from '../support/tracked-files.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const files = trackedFiles();
const folders = [...new Set(files.flatMap((file) => (file.includes('/') ? [file.split('/')[0]] : [])))]
  .join('|')
  .replaceAll('.', '\\.');
/** What looks like a path of this repository: it begins with one of its folders. */
const repositoryPath = new RegExp(`^(${folders})/[\\w./*{},-]*$`);

const withoutCodeBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');
const backticked = (text: string): readonly string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
const linked = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

/** What GitHub makes of a heading for links to it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
const anchors = (text: string): readonly string[] =>
  [...withoutCodeBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Folders that a program makes and git ignores. */
const isMade = (path: string): boolean => path === 'bench/results/';

const exists = (path: string): boolean =>
  isMade(path) ||
  (path.includes('*') || path.includes('{') ? globSync(path, { cwd: root }).length > 0 : existsSync(join(root, path)));

describe.each(files.filter((file) => file.endsWith('.md')))('Given %s', (file) => {
  const text = withoutCodeBlocks(read(file));

  test('then every path of the repository that it names exists', () => {
    const paths = backticked(text).filter((code) => repositoryPath.test(code));
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  test('then every link leads to a file, and to a heading in it', () => {
    const broken = linked(text)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const there = path === '' ? file : join(dirname(file), path);
        if (!exists(there)) return true;
        return anchor !== undefined && !anchors(read(there)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  test('then no line of prose is longer than 120 characters', () => {
    // Rows, comments, link targets and the names of tests cannot be wrapped.
    const prose = text.split('\n').filter((line) => !/^\s*(\||<!--|\[[^\]]+\]:|- `test\/\S+`: ")/.test(line));
    expect(prose.filter((line) => line.length > 120)).toEqual([]);
  });
});

test('When renovate.json names a file, then it exists', () => {
  const named = read('renovate.json').match(/\b(services|test)\/[\w./-]*\w/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((path) => !exists(path))).toEqual([]);
});

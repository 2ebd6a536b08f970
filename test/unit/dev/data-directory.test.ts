import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { javaProperties } from '../../../dev/stack/java-properties.ts';
import { StackError } from '../../../dev/stack/stack-error.ts';
import { checkDataDirectory } from '../../../dev/start/data-directory.ts';
import { start } from '../../../dev/start/start.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vxt-data-unit-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A machine with Java and Maven, as far as the choice of a stack looks. */
function pathWithJava(): string {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'java'), '#!/bin/sh\necho \'openjdk version "17.0.1"\' >&2\n', { mode: 0o755 });
  writeFileSync(join(bin, 'mvn'), '#!/bin/sh\necho Maven\n', { mode: 0o755 });
  return `${bin}:/usr/bin:/bin`;
}

test('When DATA_DIRECTORY has a comma, then the start is refused in one line, before anything is written', async () => {
  const nothing = () => undefined;
  const voice = { say: nothing, done: nothing, warn: nothing, ready: nothing, fail: nothing, progress: nothing };
  const environment = { PATH: pathWithJava(), STACK: 'java', DATA_DIRECTORY: join(directory, 'a,b') };
  const stopAsked = new AbortController();
  const before = readdirSync(directory);
  const problem = await start({ environment, reset: true, voice, stopAsked: stopAsked.signal, npmPid: null }).catch(
    (error: unknown) => error,
  );
  expect(problem).toBeInstanceOf(StackError);
  expect(String(problem)).toMatch(/DATA_DIRECTORY is ".*\/a,b": .* a comma\. .*DATA_DIRECTORY=/);
  expect(String(problem)).not.toContain('\n');
  expect(readdirSync(directory)).toEqual(before);
});

test.each([
  ['a,b', 'a comma'],
  ['/var/x;y/z', 'a semicolon'],
  ['/var/x\\y', 'a backslash'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as the registry would put it in.
  ['/var/${HOME}', 'a dollar sign'],
  ['/var/x\ny', 'a line break or another control character'],
  [' data', 'a space at its beginning or end'],
  ['data ', 'a space at its beginning or end'],
])('When DATA_DIRECTORY is %j, then it is refused for %s', (path, what) => {
  expect(() => checkDataDirectory(path)).toThrow(what);
});

test.each(['.data', '/var/lib/vxt data', '/home/bücher/#1!=a:b%20', '/home/日本'])(
  'When DATA_DIRECTORY is %j, then it is taken',
  (path) => expect(() => checkDataDirectory(path)).not.toThrow(),
);

test('When a path goes into a properties file, then Java reads back the same path', () => {
  expect(javaProperties({ 'log.dirs': '/tmp/back\\slash', other: ' ü€😀\n=' })).toBe(
    'log.dirs=/tmp/back\\\\slash\nother=\\ \\u00fc\\u20ac\\ud83d\\ude00\\u000a=\n',
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { versionPlaces, versionsIn, withVersion } from '../../tools/release/version-places.ts';
import { root, trackedFiles } from '../support/tracked-files.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { version }: { version: string } = JSON.parse(read('package.json'));

describe.each(versionPlaces.map((place) => [place.file, place] as const))('Given %s', (file, place) => {
  test('then it says the version of package.json', () => {
    const said = versionsIn(read(file), place.pattern);
    expect(said.length).toBeGreaterThan(0);
    expect(new Set(said)).toEqual(new Set([version]));
  });

  test('then a release sets each of its mentions and nothing else', () => {
    const released = withVersion(read(file), place, '99.0.1');
    expect(new Set(versionsIn(released, place.pattern))).toEqual(new Set(['99.0.1']));
    expect(released.replaceAll('99.0.1', version)).toBe(read(file));
  });
});

test('When an image of ours is named with a tag, then a release sets it', () => {
  const places = new Set(versionPlaces.map(({ file }) => file));
  const tagged = trackedFiles()
    .filter((file) => /\.(ya?ml|sh|ts|md)$|Dockerfile$/.test(file) && !places.has(file))
    .filter((file) => /vxt-call-events\/[a-z-]+:\d/.test(read(file)));
  expect(tagged).toEqual([]);
});

const UNRELEASED = '## [Unreleased]';

/**
 * The changelog with what is unreleased under a heading of its own for the version, and nothing unreleased. Throws where
 * nothing is unreleased, or the version has a heading already.
 */
export function cutRelease(changelog: string, version: string, date: string): string {
  if (changelog.includes(`\n## [${version}]`)) throw new Error(`CHANGELOG.md has a section for ${version} already`);
  const [before, after] = changelog.split(`${UNRELEASED}\n`);
  if (before === undefined || after === undefined) throw new Error(`CHANGELOG.md has no heading "${UNRELEASED}"`);
  const next = after.search(/^## /m);
  const unreleased = (next === -1 ? after : after.slice(0, next)).trim();
  if (unreleased === '') throw new Error('CHANGELOG.md says nothing under "Unreleased": write what has changed');
  const released = next === -1 ? '' : `\n${after.slice(next)}`;
  return `${before}${UNRELEASED}\n\n## [${version}] - ${date}\n\n${unreleased}\n${released}`;
}

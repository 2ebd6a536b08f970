/** `npm run release -- <version>`: makes the commit and the tag of a release. It pushes nothing. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { cutRelease } from './changelog.ts';
import { versionProblem } from './version-order.ts';
import { versionPlaces, withVersion } from './version-places.ts';

const command = new Command('npm run release --')
  .description('Makes the commit and the tag of a release: version, changelog, released schemas. It pushes nothing.')
  .argument('<version>', 'the version to release, such as 1.2.3')
  .option('--dry-run', 'only say what would be done', false)
  .parse();
const [version = ''] = command.args;
const { dryRun } = command.opts<{ dryRun: boolean }>();

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const tag = `v${version}`;

/** The new texts of all files that change. Throws an error that says what stands in the way. */
function prepare(): ReadonlyMap<string, string> {
  const { version: current }: { version: string } = JSON.parse(read('package.json'));
  const problem = versionProblem(version, current);
  if (problem !== null) throw new Error(problem);
  const changes = git('status', '--porcelain');
  if (changes !== '') throw new Error(`The working tree is not clean: commit or stash these first\n${changes}`);
  if (git('tag', '--list', tag) !== '') throw new Error(`The tag ${tag} exists already`);
  const today = new Date().toISOString().slice(0, 10);
  return new Map([
    ...versionPlaces.map((place) => [place.file, withVersion(read(place.file), place, version)] as const),
    ['CHANGELOG.md', cutRelease(read('CHANGELOG.md'), version, today)] as const,
  ]);
}

function release(texts: ReadonlyMap<string, string>): void {
  const changed = [...texts].filter(([file, text]) => read(file) !== text);
  for (const [file] of changed) console.log(`${dryRun ? 'would write' : 'writing'} ${file}`);
  if (!dryRun) for (const [file, text] of changed) writeFileSync(join(root, file), text);
  const schemas = ['tools/schemas/release/main.ts', ...(dryRun ? ['--dry-run'] : [])];
  process.stdout.write(execFileSync(process.execPath, schemas, { cwd: root, encoding: 'utf8' }));
  console.log(`${dryRun ? 'would commit' : 'committing'} "Release ${version}" and tag it ${tag}`);
  if (dryRun) return;
  git('add', '--', 'schemas/released', ...texts.keys());
  git('commit', '--message', `Release ${version}`);
  git('tag', '--annotate', tag, '--message', `Release ${version}`);
  console.log('Publish it with: git push --follow-tags');
}

try {
  release(prepare());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

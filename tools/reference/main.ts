/** `npm run reference`: writes docs/settings.md and docs/metrics.md; with --check it only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { metricsPage } from './metrics-page.ts';
import { settingsPage } from './settings-page.ts';

const { check } = new Command('npm run reference --')
  .description('Writes docs/settings.md and docs/metrics.md from the definitions in the code.')
  .option('--check', 'write nothing, and fail where a page is stale', false)
  .parse()
  .opts<{ check: boolean }>();

const pages = { 'docs/settings.md': settingsPage(), 'docs/metrics.md': await metricsPage() };
for (const [path, page] of Object.entries(pages)) {
  const file = join(import.meta.dirname, '../..', path);
  if (!check) writeFileSync(file, page);
  else if (readFileSync(file, 'utf8') !== page) {
    console.error(`${path} is stale: run \`npm run reference\``);
    process.exitCode = 1;
  }
}

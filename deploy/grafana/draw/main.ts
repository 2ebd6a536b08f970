/** `node deploy/grafana/draw/main.ts`: draws the layout of each dashboard from its JSON into pictures/; with --check it only compares. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type DashboardJson, drawDashboard } from '../draw-dashboard.ts';

const { check } = new Command('node deploy/grafana/draw/main.ts')
  .description('Draws the layout of each dashboard from its JSON into deploy/grafana/pictures.')
  .option('--check', 'write nothing, and fail where one is not what its dashboard looks like', false)
  .parse()
  .opts<{ check: boolean }>();

const dashboards = join(import.meta.dirname, '../dashboards');
for (const name of readdirSync(dashboards)) {
  const json = JSON.parse(readFileSync(join(dashboards, name), 'utf8')) as DashboardJson;
  const file = join(import.meta.dirname, '../pictures', name.replace('.json', '.svg'));
  const svg = drawDashboard(json);
  if (!check) writeFileSync(file, svg);
  else if (readFileSync(file, 'utf8') !== svg) {
    console.error(`${file} is not what its dashboard looks like: run node deploy/grafana/draw/main.ts`);
    process.exitCode = 1;
  }
}

/** `node deploy/grafana/draw/main.ts`: draws the layout of each dashboard from its JSON into pictures/; with --check it only compares. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DashboardJson, drawDashboard } from '../draw-dashboard.ts';

const dashboards = join(import.meta.dirname, '../dashboards');
for (const name of readdirSync(dashboards)) {
  const json = JSON.parse(readFileSync(join(dashboards, name), 'utf8')) as DashboardJson;
  const file = join(import.meta.dirname, '../pictures', name.replace('.json', '.svg'));
  const svg = drawDashboard(json);
  if (!process.argv.includes('--check')) writeFileSync(file, svg);
  else if (readFileSync(file, 'utf8') !== svg) {
    console.error(`${file} is not what its dashboard looks like: run node deploy/grafana/draw/main.ts`);
    process.exitCode = 1;
  }
}

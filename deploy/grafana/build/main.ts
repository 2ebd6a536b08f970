/** `node deploy/grafana/build/main.ts`: writes dashboards/*.json from the definitions; with --check it only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { callMetricsDashboard } from '../call-metrics-dashboard.ts';
import { pipelineDashboard } from '../pipeline-dashboard.ts';
import { toGrafana } from '../to-grafana.ts';

const { check } = new Command('node deploy/grafana/build/main.ts')
  .description('Writes deploy/grafana/dashboards/*.json from their definitions.')
  .option('--check', 'write nothing, and fail where one is not what its definition builds', false)
  .parse()
  .opts<{ check: boolean }>();

for (const definition of [callMetricsDashboard, pipelineDashboard]) {
  const file = join(import.meta.dirname, '../dashboards', `${definition.uid}.json`);
  const json = `${inLines(toGrafana(definition))}\n`;
  if (!check) writeFileSync(file, json);
  else if (readFileSync(file, 'utf8') !== json) {
    console.error(`${file} is not what its definition builds: run node deploy/grafana/build/main.ts`);
    process.exitCode = 1;
  }
}

/** JSON as this repository's formatter leaves it: lists of plain values on one line where they fit. */
function inLines(value: object): string {
  return JSON.stringify(value, null, 2).replace(/\[\n\s+[^[\]{}]*?\n\s+\]/g, (list) => {
    const line = list.replace(/\n\s+/g, ' ').replace(/^\[ | \]$/g, (bracket) => bracket.trim());
    return line.length <= 80 ? line : list;
  });
}

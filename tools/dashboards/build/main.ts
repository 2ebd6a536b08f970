/** `node tools/dashboards/build/main.ts`: writes deploy/grafana/dashboards/*.json from their definitions. With --check, only compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { callMetricsDashboard } from '../call-metrics-dashboard.ts';
import { pipelineDashboard } from '../pipeline-dashboard.ts';
import { toGrafana } from '../to-grafana.ts';

const { check } = new Command('node tools/dashboards/build/main.ts')
  .description('Writes deploy/grafana/dashboards/*.json from their definitions.')
  .option('--check', 'write nothing, and fail if a dashboard differs from its definition', false)
  .parse()
  .opts<{ check: boolean }>();

for (const definition of [callMetricsDashboard, pipelineDashboard]) {
  const file = join(import.meta.dirname, '../../../deploy/grafana/dashboards', `${definition.uid}.json`);
  const json = `${formatJson(toGrafana(definition))}\n`;
  if (!check) writeFileSync(file, json);
  else if (readFileSync(file, 'utf8') !== json) {
    console.error(`${file} differs from its definition: run node tools/dashboards/build/main.ts`);
    process.exitCode = 1;
  }
}

/** JSON as this repository's formatter writes it, with lists of plain values on one line if they fit. */
function formatJson(value: object): string {
  return JSON.stringify(value, null, 2).replace(/\[\n\s+[^[\]{}]*?\n\s+\]/g, (list) => {
    const line = list.replace(/\n\s+/g, ' ').replace(/^\[ | \]$/g, (bracket) => bracket.trim());
    return line.length <= 80 ? line : list;
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startSettings } from '../../dev/start/start-settings.ts';
import { callMetricsSettings } from '../../services/call-metrics/config.ts';
import { ingressSettings } from '../../services/ingress/config.ts';
import { exporterSettings } from '../../services/prometheus-exporter/config.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

const tables = [
  ...Object.values(ingressSettings),
  ...Object.values(callMetricsSettings),
  ...Object.values(exporterSettings),
  startSettings,
];
const variables = [...new Set(tables.flatMap((table) => Object.values(table).map(({ variable }) => variable)))];

test.each(variables)('the README tells of %s', (variable) => {
  expect(readme).toContain(`\`${variable}\``);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startSettings } from '../../dev/start/start-settings.ts';
import { callMetricsSettings } from '../../services/call-metrics/config.ts';
import { ingressSettings } from '../../services/ingress/config.ts';
import { exporterSettings } from '../../services/prometheus-exporter/config.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const settings = readFileSync(join(root, 'docs/settings.md'), 'utf8');

const tables = [
  ...Object.values(ingressSettings),
  ...Object.values(callMetricsSettings),
  ...Object.values(exporterSettings),
  startSettings,
];
const variables = [...new Set(tables.flatMap((table) => Object.values(table).map(({ variable }) => variable)))];

test('the README links to the list of settings', () => {
  expect(readme.includes('(docs/settings.md)')).toBe(true);
});

test.each(variables)('the README, or the list of settings it links to, documents %s', (variable) => {
  expect((readme + settings).includes(`\`${variable}\``)).toBe(true);
});

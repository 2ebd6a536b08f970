/** The exporter's process: `node services/prometheus-exporter/main.ts`. Settings come from the environment; see config.ts. */
import { Command } from 'commander';
import { host } from '../shared/lifecycle/host.ts';
import { readExporterConfig } from './config.ts';
import { startExporter } from './start-exporter.ts';

new Command('node services/prometheus-exporter/main.ts')
  .description('Shows the totals as counters. Settings come from the environment; README.md lists them.')
  .parse();

await host(process, async (environment) => startExporter(readExporterConfig(environment)));

/** The exporter's process: `node services/prometheus-exporter/main.ts`. Settings come from the environment; see config.ts. */
import { host } from '../shared/lifecycle/host.ts';
import { readExporterConfig } from './config.ts';
import { startExporter } from './start-exporter.ts';

await host(process, async (environment) => startExporter(readExporterConfig(environment)));

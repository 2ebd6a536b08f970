/** The call-metrics process: `node services/call-metrics/main.ts`. Settings come from the environment; see config.ts. */
import { Command } from 'commander';
import { host } from '../shared/lifecycle/host.ts';
import { readCallMetricsConfig } from './config.ts';
import { startCallMetrics } from './start-call-metrics.ts';

new Command('node services/call-metrics/main.ts')
  .description(
    'Folds the events into totals, exactly once, and answers queries. Settings come from the environment; README.md lists them.',
  )
  .parse();

await host(process, async (environment) => startCallMetrics(readCallMetricsConfig(environment)));

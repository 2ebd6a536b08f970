/** The call-metrics process: `node services/call-metrics/main.ts`. Settings come from the environment; see config.ts. */
import { host } from '../shared/lifecycle/host.ts';
import { readCallMetricsConfig } from './config.ts';
import { startCallMetrics } from './start-call-metrics.ts';

await host(process, async (environment) => startCallMetrics(readCallMetricsConfig(environment)));

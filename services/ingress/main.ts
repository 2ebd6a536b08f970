/** The ingress process: `node services/ingress/main.ts`. Settings come from the environment; see config.ts. */
import cluster from 'node:cluster';
import { Command } from 'commander';
import { host } from '../shared/lifecycle/host.ts';
import { readIngressConfig } from './config.ts';
import { startIngress } from './start-ingress.ts';
import { SLOT_VARIABLE, startPrimary } from './workers/start-primary.ts';
import { startWorker } from './workers/start-worker.ts';

new Command('node services/ingress/main.ts')
  .description('Takes webhooks and publishes them. Settings come from the environment; README.md lists them.')
  .parse();

await host(process, async (environment) => {
  const config = readIngressConfig(environment);
  if (cluster.isWorker)
    return startWorker(config, Number(environment[SLOT_VARIABLE]), (message) => process.send?.(message));
  return config.service.workers > 1 ? startPrimary(config, cluster) : startIngress(config);
});

/** The ingress process: `node services/ingress/main.ts`. Settings come from the environment; see config.ts. */
import { host } from '../shared/lifecycle/host.ts';
import { readIngressConfig } from './config.ts';
import { startIngress } from './start-ingress.ts';

await host(process, async (environment) => startIngress(readIngressConfig(environment)));

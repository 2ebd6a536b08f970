import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../services/shared/config/settings.ts';
import { type ServerProcess, type ServerProcessOptions, serverProcess } from '../stack/server-process.ts';
import { nodeFlags } from './node-flags.ts';
import type { StartSettings } from './start-settings.ts';

export type ServiceOptions = Readonly<{
  settings: StartSettings;
  brokers: string;
  registryUrl: string;
  /** Kafka and the registry were started here: they want neither TLS nor a login, whatever the environment says. */
  ownStack: boolean;
  tokens: Readonly<Record<string, string>>;
  environment: Environment;
  logDirectory: string;
}> &
  Pick<ServerProcessOptions, 'onSpawn' | 'onDied'>;

/** The three services, in the order in which they stop: first the one that lets work in. */
export function serviceProcesses(options: ServiceOptions): readonly ServerProcess[] {
  const { settings } = options;
  const admin = (port: number) => ({ ADMIN_PORT: String(port), ready: `http://127.0.0.1:${port}/readyz` });
  return [
    service(options, 'ingress', settings.ingress, admin(settings.ingressAdmin), {
      SPOOL_DIRECTORY: options.environment.SPOOL_DIRECTORY || resolve(settings.dataDirectory, 'spool'),
    }),
    service(options, 'call-metrics', settings.callMetrics, admin(settings.callMetricsAdmin)),
    service(options, 'prometheus-exporter', settings.exporter, {
      ready: `http://127.0.0.1:${settings.exporter}/metrics`,
    }),
  ];
}

function service(
  options: ServiceOptions,
  name: string,
  port: number,
  { ready, ...admin }: Readonly<{ ready: string; ADMIN_PORT?: string }>,
  more: Readonly<Record<string, string>> = {},
): ServerProcess {
  return serverProcess({
    name,
    command: process.execPath,
    args: [...nodeFlags, fileURLToPath(new URL(`../../services/${name}/main.ts`, import.meta.url))],
    environment: {
      ...inherited(options),
      ...options.tokens,
      ...more,
      ...admin,
      KAFKA_BROKERS: options.brokers,
      SCHEMA_REGISTRY_URL: options.registryUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    directory: process.cwd(),
    logFile: join(options.logDirectory, `${name}.log`),
    ready: async () => (await fetch(ready, { signal: AbortSignal.timeout(2_000) })).ok,
    startWithinMs: 60_000,
    // Idle connections end 2 s after a stop is asked for; a sender may take 5 s to read why it was refused.
    stopWithinMs: 7_000,
    onSpawn: options.onSpawn,
    onDied: options.onDied,
  });
}

const addressing = /^(HOST|PORT|ADMIN_PORT|npm_.*)$/;
const loggingIn = /^(KAFKA_SSL|KAFKA_SASL_|SCHEMA_REGISTRY_(USERNAME|PASSWORD|SSL_))/;

/** The caller's settings, less what is said anew, and less npm's own. */
function inherited({ environment, ownStack }: ServiceOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || addressing.test(name) || (ownStack && loggingIn.test(name)) ? [] : [[name, value]],
    ),
  );
}

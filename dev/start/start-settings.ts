import { type Environment, readSettings, setting } from '../../services/shared/config/settings.ts';
import { port, text } from '../../services/shared/config/types.ts';

/** Every setting of `npm start` of its own; those of the services are handed on to them. */
export const startSettings = {
  kafka: setting('KAFKA_PORT', 'Port of Kafka.', port, 9092),
  registry: setting('SCHEMA_REGISTRY_PORT', 'Port of the schema registry.', port, 8085),
  ingress: setting('INGRESS_PORT', 'Port that receives webhooks.', port, 8080),
  ingressAdmin: setting('INGRESS_ADMIN_PORT', 'Admin port of the ingress.', port, 9101),
  callMetrics: setting('CALL_METRICS_PORT', 'Port of the query API.', port, 8081),
  callMetricsAdmin: setting('CALL_METRICS_ADMIN_PORT', 'Admin port of call-metrics.', port, 9102),
  exporter: setting('EXPORTER_PORT', 'Port of the Prometheus exporter.', port, 9100),
  prometheus: setting('PROMETHEUS_PORT', 'Port of Prometheus, where its program is here.', port, 9090),
  dataDirectory: setting('DATA_DIRECTORY', 'Where everything is kept.', text, '.data'),
} as const;

export type StartSettings = ReturnType<typeof readStartSettings>;

/** Throws SettingsError, which names every problem. */
export const readStartSettings = (environment: Environment) => readSettings(startSettings, environment);

/** What listens where, in words, and the variable that moves it. */
export type PortUse = Readonly<{ port: number; what: string; variable: string }>;

/** The ports that must be free; those of Kafka and the registry, and that of Prometheus, only when they are started here. */
export function portsToUse(
  settings: StartSettings,
  started: Readonly<{ stack: boolean; prometheus: boolean }>,
): readonly PortUse[] {
  const use = (name: Exclude<keyof StartSettings, 'dataDirectory'>, what: string): PortUse => ({
    port: settings[name],
    what,
    variable: startSettings[name].variable,
  });
  return [
    ...(started.stack ? [use('kafka', 'Kafka'), use('registry', 'the schema registry')] : []),
    use('ingress', 'ingress'),
    use('ingressAdmin', 'the admin port of ingress'),
    use('callMetrics', 'call-metrics'),
    use('callMetricsAdmin', 'the admin port of call-metrics'),
    use('exporter', 'prometheus-exporter'),
    ...(started.prometheus ? [use('prometheus', 'Prometheus')] : []),
  ];
}

/** One line for each port that is taken, or that two things shall use; empty when all is well. */
export function portProblems(uses: readonly PortUse[], taken: ReadonlySet<number>): readonly string[] {
  return uses.flatMap(({ port: number, what, variable }, index) => {
    const twin = uses.slice(0, index).find((other) => other.port === number);
    if (twin !== undefined)
      return [`Port ${number} is meant for both ${twin.what} and ${what}: change ${twin.variable} or ${variable}.`];
    if (!taken.has(number)) return [];
    const instead = number + 10_000 > 65_535 ? number - 10_000 : number + 10_000;
    return [
      `Port ${number} for ${what} is in use: free it, or choose another, such as ${variable}=${instead} npm start`,
    ];
  });
}

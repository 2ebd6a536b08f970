import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Environment } from '../../services/shared/config/settings.ts';
import { type ServerProcess, type ServerProcessOptions, serverProcess } from '../stack/server-process.ts';
import { StackError } from '../stack/stack-error.ts';
import type { StartSettings } from './start-settings.ts';

const provisioned = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url));

/** Whether the program `prometheus` is on the path. */
export const hasPrometheus = (environment: Environment): boolean =>
  spawnSync('prometheus', ['--version'], { env: { ...environment }, stdio: 'ignore', timeout: 15_000 }).status === 0;

/** deploy/prometheus/prometheus.yml with the ports of this start, and the paths of its rules in full. Throws on a job that is none of ours. */
export function prometheusConfig(settings: StartSettings): Readonly<{
  rule_files: readonly string[];
  scrape_configs: readonly Readonly<{ job_name: string }>[];
}> {
  const ports: Readonly<Record<string, number>> = {
    'vxt-prometheus-exporter': settings.exporter,
    'vxt-ingress': settings.ingressAdmin,
    'vxt-call-metrics': settings.callMetricsAdmin,
  };
  const config = parse(readFileSync(join(provisioned, 'prometheus.yml'), 'utf8'));
  const rulesOf = (name: string): string => join(provisioned, name);
  const withPort = (job: { job_name: string }) => {
    const port = ports[job.job_name];
    if (port === undefined)
      throw new StackError(`deploy/prometheus/prometheus.yml has an unknown job: ${job.job_name}`);
    return { ...job, static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
  };
  return { ...config, rule_files: config.rule_files.map(rulesOf), scrape_configs: config.scrape_configs.map(withPort) };
}

/** A Prometheus that scrapes the three services and evaluates the provisioned rules, as a server process. */
export function prometheusProcess(
  options: Readonly<{ settings: StartSettings; environment: Environment; logDirectory: string }> &
    Pick<ServerProcessOptions, 'onSpawn' | 'onDied'>,
): ServerProcess {
  const { settings, logDirectory } = options;
  const directory = resolve(settings.dataDirectory, 'prometheus');
  const address = `127.0.0.1:${settings.prometheus}`;
  const configFile = join(directory, 'prometheus.json');
  return serverProcess({
    name: 'Prometheus',
    command: 'prometheus',
    args: [
      // JSON is YAML.
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    environment: { PATH: options.environment.PATH ?? '' },
    directory,
    logFile: join(logDirectory, 'prometheus.log'),
    prepare: async () => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(configFile, JSON.stringify(prometheusConfig(settings)));
    },
    ready: async () => (await fetch(`http://${address}/-/ready`, { signal: AbortSignal.timeout(2_000) })).ok,
    startWithinMs: 60_000,
    stopWithinMs: 2_000,
    onSpawn: options.onSpawn,
    onDied: options.onDied,
  });
}

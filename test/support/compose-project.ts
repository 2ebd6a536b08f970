import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dockerProblem } from '../../dev/stack/docker-engine.ts';
import { findDocker } from '../../dev/stack/docker-stack.ts';
import { freePorts } from '../../dev/stack/ports.ts';
import { eventually } from './eventually.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** Why the tests of this folder cannot run here; null when they can, and when REQUIRE_DOCKER=1 says that they must. */
export async function reasonToSkip(): Promise<string | null> {
  if (process.env.REQUIRE_DOCKER === '1') return null;
  return (await dockerProblem(process.env)) ?? findDocker(process.env).problem;
}

/** What `docker inspect` tells of a container; the members that tests read. */
export type Container = Readonly<{
  Id: string;
  Image: string;
  State: Readonly<{ StartedAt: string; ExitCode: number; Health?: Readonly<{ Status: string }> }>;
  Config: Readonly<{ User: string; Labels: Readonly<Record<string, string>> }>;
  HostConfig: Readonly<{ ReadonlyRootfs: boolean; CapDrop: readonly string[] | null; Memory: number }>;
  NetworkSettings: Readonly<{
    Ports: Readonly<Record<string, readonly Readonly<{ HostIp: string; HostPort: string }>[] | null>>;
  }>;
  Mounts: readonly Readonly<{ Type: string; Name?: string }>[];
}>;

/** docker-compose.yml as a project of its own, on free ports, with tokens of its own. */
export async function composeProject(files: readonly string[] = ['docker-compose.yml']) {
  const name = `vxt-test-${randomBytes(3).toString('hex')}`;
  const names = ['KAFKA_PORT', 'SCHEMA_REGISTRY_PORT', 'EXPORTER_PORT', 'PROMETHEUS_PORT', 'GRAFANA_PORT'] as const;
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((one, index) => [one, free[index] ?? 0])) as Record<
    (typeof names)[number],
    number
  >;
  const tokens = { webhook: randomBytes(24).toString('hex'), api: randomBytes(24).toString('hex') };
  const environment: Readonly<Record<string, string | undefined>> = {
    ...process.env,
    ...Object.fromEntries(Object.entries(ports).map(([one, port]) => [one, String(port)])),
    // Any free port for each replica.
    INGRESS_PORTS: '0',
    CALL_METRICS_PORTS: '0',
    KAFKA_PARTITIONS: '6',
    VXT_WEBHOOK_TOKENS: tokens.webhook,
    CALL_METRICS_API_TOKENS: tokens.api,
    GRAFANA_ADMIN_PASSWORD: randomBytes(24).toString('hex'),
  };

  const { compose: command, problem } = findDocker(process.env);
  if (problem !== null) throw new Error(`Compose cannot be used: ${problem}`);
  const call = async (
    [program, ...first]: readonly [string, ...string[]],
    args: readonly string[],
    env = environment,
  ) => (await run(program, [...first, ...args], { cwd: root, env: { ...env }, maxBuffer: 2 ** 26 })).stdout;
  const compose = (args: readonly string[], env = environment) =>
    call(command, [...files.flatMap((file) => ['-f', file]), '-p', name, ...args], env);
  const docker = (...args: string[]) => call(['docker'], args);

  const containers = async (service?: string): Promise<readonly Container[]> => {
    const labels = [`project=${name}`, ...(service === undefined ? [] : [`service=${service}`])];
    const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`]);
    const ids = (await docker('ps', '--all', '--quiet', ...filters)).split('\n').filter(Boolean);
    if (ids.length === 0) return [];
    const found: readonly Container[] = JSON.parse(await docker('inspect', ...ids));
    return [...found].sort((one, other) => numberOf(one) - numberOf(other));
  };

  return {
    name,
    ports,
    tokens,
    environment,
    compose: (...args: string[]) => compose(args),
    composeWith: compose,
    docker,
    containers,
    /** Where a replica of a service listens on this machine, for each of them. */
    addresses: async (service: string, port: number): Promise<readonly string[]> =>
      (await containers(service)).map(({ NetworkSettings }) => {
        const [published] = NetworkSettings.Ports[`${port}/tcp`] ?? [];
        return `http://127.0.0.1:${published?.HostPort}`;
      }),
    /** Waits until the health check of each of these services' containers succeeds. */
    untilHealthy: async (services: readonly string[]): Promise<void> => {
      let state = '';
      await eventually(
        async () => {
          const all = (await Promise.all(services.map((service) => containers(service)))).flat();
          state = all.map((one) => `${serviceOf(one)} ${one.State.Health?.Status ?? 'without a check'}`).join(', ');
          return all.length >= services.length && all.every(({ State }) => State.Health?.Status === 'healthy');
        },
        { deadlineMs: 180_000, everyMs: 500, what: () => `health of all: ${state}` },
      ).catch(async (error: unknown) => {
        throw new Error(`${String(error)}\n${await compose(['logs', '--no-color', '--tail', '30'])}`);
      });
    },
    /** What of this project is still there, by label. */
    left: async (): Promise<readonly string[]> => {
      const label = ['--filter', `label=com.docker.compose.project=${name}`, '--quiet'];
      const kinds = [
        ['ps', '--all'],
        ['volume', 'ls'],
        ['network', 'ls'],
      ];
      return (await Promise.all(kinds.map((kind) => docker(...kind, ...label)))).flatMap((said) =>
        said.split('\n').filter(Boolean),
      );
    },
  };
}

export type ComposeProject = Awaited<ReturnType<typeof composeProject>>;

export const serviceOf = ({ Config }: Container): string => Config.Labels['com.docker.compose.service'] ?? '';

const numberOf = ({ Config }: Container): number => Number(Config.Labels['com.docker.compose.container-number']);

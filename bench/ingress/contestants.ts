import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { JavaStack } from '../../dev/stack/java-stack.ts';
import { nodeFlags } from '../../dev/start/node-flags.ts';

const bench = join(import.meta.dirname, '..');

export type Contestant = Readonly<{ name: string; url: string; start: () => Promise<ChildProcess> }>;

/** The ingress as it is deployed: one process, all features on. */
export function ours(stack: JavaStack, port: number): Contestant {
  return {
    name: 'vxt-call-events',
    url: `http://127.0.0.1:${port}/webhooks/vxt`,
    start: () =>
      startProcess(
        process.execPath,
        [...nodeFlags, '--disable-warning=TimeoutNegativeWarning', join(bench, '../services/ingress/main.ts')],
        {
          KAFKA_BROKERS: stack.brokers,
          SCHEMA_REGISTRY_URL: stack.registryUrl,
          VXT_WEBHOOK_TOKENS: 'bench-token-0123456789',
          PORT: String(port),
          ADMIN_PORT: String(port + 1),
          LOG_LEVEL: 'error',
        },
        port,
      ),
  };
}

/** Benthos 4.27, built from its Go module; null, with the reason, where there is no Go. */
export async function benthos(stack: JavaStack, port: number): Promise<Contestant | string> {
  const binary = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vxt-call-events', 'benthos-4.27.0');
  if (!existsSync(binary)) {
    mkdirSync(join(binary, '..'), { recursive: true });
    console.log('Building Benthos (about two minutes, once)');
    const built = spawnSync('go', ['build', '-o', binary, '.'], {
      cwd: join(bench, 'peers/benthos'),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (built.error || built.status !== 0)
      return 'Benthos is left out: it cannot be built here (Go 1.22 or newer is needed)';
  }
  const subject = 'bench-benthos-value';
  const schema = readFileSync(join(bench, 'peers/benthos/call-log.avsc'), 'utf8');
  const registered = await fetch(`${stack.registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  if (!registered.ok) throw new Error(`The registry refused the peer's schema: ${await registered.text()}`);
  return {
    name: 'benthos 4.27.0',
    url: `http://127.0.0.1:${port}/webhooks/vxt`,
    start: () =>
      startProcess(
        binary,
        ['-c', join(bench, 'peers/benthos/config.yaml')],
        {
          KAFKA_BROKERS: stack.brokers,
          SCHEMA_REGISTRY_URL: stack.registryUrl,
          SUBJECT: subject,
          TOPIC: 'vxt.call-logs',
          PORT: String(port),
        },
        port,
      ),
  };
}

async function startProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  port: number,
): Promise<ChildProcess> {
  const child = spawn(command, [...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
    if (
      await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      )
    )
      return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${command} does not listen on ${port}`);
}

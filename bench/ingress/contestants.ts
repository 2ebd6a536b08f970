import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { JavaStack } from '../../dev/stack/java-stack.ts';
import { nodeFlags } from '../../dev/start/node-flags.ts';
import { buildPeer } from './build-peer.ts';

const bench = join(import.meta.dirname, '..');
const token = 'bench-token-0123456789';
const topic = 'vxt.call-logs';

export type Contestant = Readonly<{ name: string; url: string; start: () => Promise<ChildProcess> }>;

/** The ingress as it is deployed, all features on: a process a core, as the peers use all cores too. */
export function ours(stack: JavaStack, port: number, adminPort: number, spoolDirectory: string): Contestant {
  return contestant('vxt-call-events', port, process.execPath, [...ourFlags, ingress], {
    KAFKA_BROKERS: stack.brokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    VXT_WEBHOOK_TOKENS: token,
    INGRESS_WORKERS: String(availableParallelism()),
    SPOOL_DIRECTORY: spoolDirectory,
    ADMIN_PORT: String(adminPort),
    LOG_LEVEL: 'error',
  });
}

const ingress = join(bench, '../services/ingress/main.ts');
const ourFlags = [...nodeFlags, '--disable-warning=TimeoutNegativeWarning'];

/** Benthos 4.27; null where it cannot be built, which is said. */
export async function benthos(stack: JavaStack, port: number): Promise<Contestant | null> {
  const binary = buildPeer('benthos', 'benthos-4.27.0');
  if (binary === null) return null;
  const subject = 'bench-benthos-value';
  await registerPeerSchema(stack, subject);
  return contestant('benthos 4.27.0', port, binary, ['-c', join(bench, 'peers/benthos/config.yaml')], {
    KAFKA_BROKERS: stack.brokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    SUBJECT: subject,
    TOPIC: topic,
  });
}

/** The mark of what the machine gives: Go with nothing but the way of a webhook; null where it cannot be built. */
export async function bareGo(stack: JavaStack, port: number): Promise<Contestant | null> {
  const binary = buildPeer('bare-go', 'bare-go-1');
  if (binary === null) return null;
  return contestant('bare Go', port, binary, [], {
    KAFKA_BROKERS: stack.brokers,
    SCHEMA: peerSchema(),
    SCHEMA_ID: String(await registerPeerSchema(stack, 'bench-bare-go-value')),
    TOPIC: topic,
    TOKEN: token,
  });
}

const peerSchema = (): string => readFileSync(join(bench, 'peers/call-log.avsc'), 'utf8');

/** Returns the schema's id. */
async function registerPeerSchema(stack: JavaStack, subject: string): Promise<number> {
  const response = await fetch(`${stack.registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: peerSchema() }),
  });
  if (!response.ok) throw new Error(`The registry refused the peer's schema: ${await response.text()}`);
  const { id } = (await response.json()) as { id: number };
  return id;
}

/** A server that listens on `port` once it is ready; it gets `PORT` and nothing else of this process's environment but PATH. */
function contestant(
  name: string,
  port: number,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Contestant {
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(command, [...args], {
      env: { PATH: process.env.PATH, ...environment, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
      if (await answers(`http://127.0.0.1:${port}/`)) return child;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${name} does not listen on ${port}`);
  };
  return { name, url: `http://127.0.0.1:${port}/webhooks/vxt`, start };
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

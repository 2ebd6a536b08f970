import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerProblem } from '../../dev/stack/docker-engine.ts';
import { endProcess } from '../../dev/stack/end-process.ts';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { identify, isAlive, type ProcessIdentity } from '../../dev/stack/process-identity.ts';
import { messageOf } from '../../dev/stack/stack-error.ts';

export type SharedStack = Readonly<{ brokers: string; registryUrl: string; stop: () => Promise<void> }>;

const PREFIX = 'vxt-call-events-test-';
const RECORD = 'processes.json';

/**
 * The stack that tests share: the one the environment names, else containers where an engine answers, else Java processes. Says which, and why.
 * REQUIRE_DOCKER=1 makes anything but containers an error.
 */
export async function startSharedStack(say: (line: string) => void): Promise<SharedStack> {
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl, REQUIRE_DOCKER } = process.env;
  const required = REQUIRE_DOCKER === '1';
  if (brokers && registryUrl && !required) {
    say(`Tests use the Kafka and registry of KAFKA_BROKERS (${brokers}) and SCHEMA_REGISTRY_URL (${registryUrl}).`);
    return { brokers, registryUrl, stop: async () => undefined };
  }
  const problem = await dockerProblem(process.env);
  const containers = problem === null ? await startContainers() : problem;
  if (typeof containers !== 'string') {
    say('Tests use Kafka and the registry in containers: a Docker engine answers.');
    return containers;
  }
  if (required) throw new Error(`REQUIRE_DOCKER=1, but containers cannot be used: ${containers}`);
  say(`Tests use Kafka and the registry as Java processes: containers cannot be used (${containers}).`);
  return await startJavaProcesses();
}

/** The containers, or why there are none. */
async function startContainers(): Promise<SharedStack | string> {
  try {
    const { startContainerStack } = await import('./container-stack.ts');
    return await startContainerStack();
  } catch (error) {
    return messageOf(error).split('\n')[0] ?? '';
  }
}

async function startJavaProcesses(): Promise<SharedStack> {
  await removeForsaken();
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const servers: ProcessIdentity[] = [];
  const record = () =>
    writeFileSync(join(directory, RECORD), JSON.stringify({ launcher: identify(process.pid), servers }));
  record();
  const onSpawn = (_name: string, identity: ProcessIdentity) => {
    servers.push(identity);
    record();
  };
  const stack: JavaStack = await startJavaStack({ dataDirectory: directory, onSpawn }).catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  return {
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    stop: async () => {
      await stack.registry.kill();
      await stack.kafka.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Ends and removes what a test run left behind that was itself killed. */
async function removeForsaken(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const directory = join(tmpdir(), name);
    const file = join(directory, RECORD);
    if (!existsSync(file)) continue;
    const { launcher, servers }: { launcher: ProcessIdentity | null; servers: ProcessIdentity[] } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    if (launcher !== null && isAlive(launcher)) continue;
    await Promise.all(servers.map((server) => endProcess(server, 0)));
    rmSync(directory, { recursive: true, force: true });
  }
}

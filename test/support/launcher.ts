import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from '../../dev/stack/end-process.ts';
import { freePorts, portIsFree } from '../../dev/stack/ports.ts';
import { identify } from '../../dev/stack/process-identity.ts';
import { waitUntil } from '../../dev/stack/wait-until.ts';

type Ended = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

/** One run of `npm start`'s program: what it says, and how it ends. */
export type Launch = Readonly<{
  pid: number;
  /** Both outputs so far. */
  said: () => string;
  ended: Promise<Ended>;
  /** True once it is ready; throws with all it said when it ends first. */
  untilReady: (withinMs?: number) => Promise<void>;
}>;

const main = join(import.meta.dirname, '../../dev/start/main.ts');
const variables = [
  'KAFKA_PORT',
  'SCHEMA_REGISTRY_PORT',
  'INGRESS_PORT',
  'INGRESS_ADMIN_PORT',
  'CALL_METRICS_PORT',
  'CALL_METRICS_ADMIN_PORT',
  'EXPORTER_PORT',
  'PROMETHEUS_PORT',
] as const;

/** A place to run `npm start` in: a data directory and ports of its own. */
export async function launcherPlace() {
  const directory = mkdtempSync(join(tmpdir(), 'vxt-start-'));
  const numbers = await freePorts(variables.length);
  const ports = Object.fromEntries(variables.map((name, index) => [name, numbers[index] ?? 0])) as Record<
    (typeof variables)[number],
    number
  >;
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    DATA_DIRECTORY: directory,
    KAFKA_PARTITIONS: '2',
    ...Object.fromEntries(Object.entries(ports).map(([name, value]) => [name, String(value)])),
  };

  const launches = new Map<ChildProcess, Promise<Ended>>();
  const launch = (more: Readonly<Record<string, string>> = {}, ...args: string[]): Launch => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...environment, ...more } });
    const read = listen(child);
    const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    launches.set(child, ended);
    let over = false;
    void ended.then(() => {
      over = true;
      launches.delete(child);
    });
    return {
      pid: child.pid ?? 0,
      said: read,
      ended,
      untilReady: async (withinMs = 90_000) => {
        if (await waitUntil(() => read().includes('Stop: Ctrl-C.'), withinMs, { giveUp: () => over })) return;
        throw new Error(`not ready: ${read()}`);
      },
    };
  };

  /** The processes that the last launch has written down. */
  const servers = (): readonly { name: string; pid: number }[] => {
    const file = join(directory, 'processes.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).servers : [];
  };

  return {
    directory,
    ports,
    launch,
    servers,
    portsInUse: async () => {
      const checked = await Promise.all(numbers.map(async (port) => ((await portIsFree(port)) ? [] : [port])));
      return checked.flat();
    },
    /** Stops what a failed test left running. */
    stopAll: async () => {
      for (const [child, ended] of launches) {
        child.kill('SIGTERM');
        await ended;
      }
    },
    /** Ends whatever is still there. */
    remove: async () => {
      for (const { pid } of servers()) {
        const identity = identify(pid);
        if (identity !== null) await endProcess(identity, 0);
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function listen(child: ChildProcess): () => string {
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  return () => said;
}

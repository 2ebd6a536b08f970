import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Admin, Kafka } from 'kafkajs';
import type { JavaStack } from '../../dev/stack/java-stack.ts';
import { nodeFlags } from '../../dev/start/node-flags.ts';
import type { CallMetricsAnswer } from '../../services/call-metrics/queries.ts';
import { buildStreamsPeer } from './build-streams-peer.ts';
import { totalsLine } from './calls.ts';
import { got, type Server, startServer, until } from './server.ts';

const root = join(import.meta.dirname, '../..');

/** One that folds the calls. Ports, topics and folders are its own. */
export type Contestant = Readonly<{
  name: string;
  start: () => Server;
  /** Whether it answers queries from restored totals. */
  ready: () => Promise<true | null>;
  /** Records folded since the process started. */
  progress: () => Promise<number>;
  /** A line a user, sorted. */
  totals: () => Promise<readonly string[]>;
  /** Waits until its consumer group is empty: a stopped Kafka Streams says no goodbye and stays a member for 45 s. */
  hasLeft: () => Promise<void>;
  /** Forgets what it keeps outside Kafka. */
  wipeLocal: () => void;
  /** Forgets everything: the next start folds from the first call. */
  wipeAll: () => Promise<void>;
}>;

export type BenchTopics = Readonly<{ prefix: string; calls: string; partitions: number }>;

/** call-metrics as it is deployed. It keeps nothing outside Kafka. */
export function ours(
  stack: JavaStack,
  kafka: Kafka,
  topics: BenchTopics,
  ports: readonly [number, number],
): Contestant {
  const [port, adminPort] = ports;
  const authorization = 'Bearer bench-token-0123456789';
  const api = `http://127.0.0.1:${port}/v1/users`;
  const json = async <T>(url: string): Promise<T> => JSON.parse((await got(url, { authorization })) ?? 'null') as T;
  return {
    name: 'vxt-call-events',
    start: () =>
      startServer(
        process.execPath,
        [
          ...nodeFlags,
          ...(process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean),
          '--disable-warning=TimeoutNegativeWarning',
          join(root, 'services/call-metrics/main.ts'),
        ],
        {
          KAFKA_BROKERS: stack.brokers,
          SCHEMA_REGISTRY_URL: stack.registryUrl,
          KAFKA_TOPIC_PREFIX: topics.prefix,
          KAFKA_PARTITIONS: String(topics.partitions),
          CALL_METRICS_API_TOKENS: 'bench-token-0123456789',
          PORT: String(port),
          ADMIN_PORT: String(adminPort),
          LOG_LEVEL: 'error',
        },
      ),
    ready: async () => ((await got(`http://127.0.0.1:${adminPort}/readyz`)) === null ? null : true),
    progress: async () => {
      const metrics = (await got(`http://127.0.0.1:${adminPort}/metrics`)) ?? '';
      const samples = metrics.matchAll(/^vxt_projection_events_total\{.*\} (\d+)$/gm);
      return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
    },
    totals: async () => {
      const lines: string[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const page: Readonly<{ users: { uid: string }[]; next: string | null }> = await json(
          `${api}?limit=100${after === '' ? '' : `&after=${after}`}`,
        );
        for (const { uid } of page.users) {
          const { lifetime } = await json<CallMetricsAnswer>(`${api}/${uid}/call-metrics`);
          const ms = (seconds: number): number => Math.round(seconds * 1_000);
          lines.push(
            totalsLine(uid, { ...lifetime, answerMs: ms(lifetime.answerSeconds), talkMs: ms(lifetime.talkSeconds) }),
          );
        }
        after = page.next;
      }
      return lines.sort();
    },
    hasLeft: () => groupIsEmpty(kafka, `${topics.prefix}call-metrics`),
    wipeLocal: () => undefined,
    wipeAll: async () => {
      const own = ['user-call-metrics', 'call-metrics-state', 'call-metrics-seen', 'dead-letters'];
      await deleteTopics(kafka, (topic) => own.some((name) => topic === `${topics.prefix}${name}`));
    },
  };
}

/** A Kafka Streams program that does the same; null where it cannot be built, which is said. */
export function kafkaStreams(
  stack: JavaStack,
  kafka: Kafka,
  topics: BenchTopics,
  port: number,
  directory: string,
): Contestant | null {
  const peer = buildStreamsPeer();
  if (peer === null) return null;
  const state = join(directory, 'kafka-streams');
  let run = 0;
  const at = (path: string): Promise<string | null> => got(`http://127.0.0.1:${port}${path}`);
  return {
    name: 'Kafka Streams 4.1.1',
    start: () =>
      startServer(peer.java, [...jvmFlags, '-cp', peer.classPath, 'Peer'], {
        KAFKA_BROKERS: stack.brokers,
        TOPIC: topics.calls,
        APPLICATION_ID: `bench-streams-${run}`,
        STATE_DIRECTORY: state,
        SCHEMA: join(root, 'schemas/call-log.avsc'),
        THREADS: process.env.BENCH_STREAMS_THREADS ?? '1',
        PORT: String(port),
      }),
    ready: async () => ((await at('/ready')) === null ? null : true),
    progress: async () => Number((await at('/progress')) ?? 0),
    totals: async () => ((await at('/totals')) ?? '').split('\n').filter(Boolean).sort(),
    hasLeft: () => groupIsEmpty(kafka, `bench-streams-${run}`),
    wipeLocal: () => rmSync(state, { recursive: true, force: true }),
    wipeAll: async () => {
      rmSync(state, { recursive: true, force: true });
      await deleteTopics(kafka, (topic) => topic.startsWith('bench-streams-'));
      run += 1;
    },
  };
}

const jvmFlags = (process.env.BENCH_JVM_FLAGS ?? '-Xmx384m -XX:+UseSerialGC')
  .split(' ')
  .concat('-Dorg.slf4j.simpleLogger.defaultLogLevel=error');

function deleteTopics(kafka: Kafka, which: (topic: string) => boolean): Promise<void> {
  return administering(kafka, async (admin) => {
    const topics = (await admin.listTopics()).filter(which);
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}

function groupIsEmpty(kafka: Kafka, group: string): Promise<void> {
  return administering(kafka, async (admin) => {
    await until(async () => ((await admin.describeGroups([group])).groups[0]?.state === 'Empty' ? true : null), 200);
  });
}

async function administering(kafka: Kafka, work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

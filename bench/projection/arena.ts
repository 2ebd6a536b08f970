import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJavaStack } from '../../dev/stack/java-stack.ts';
import { freePorts } from '../../dev/stack/ports.ts';
import { readIngressConfig } from '../../services/ingress/config.ts';
import { createEncoders } from '../../services/ingress/create-encoders.ts';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { createKafka } from '../../services/shared/kafka/connection.ts';
import { ensureTopics } from '../../services/shared/kafka/ensure-topics.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { writeCalls } from './calls.ts';
import { type Contestant, kafkaStreams, ours } from './contestants.ts';
import type { Server } from './server.ts';

export const CALLS = Number(process.env.BENCH_CALLS ?? 1_000_000);
export const PAIRS = Number(process.env.BENCH_PAIRS ?? 5);

/** A broker with the calls in it, and who folds them. */
export type Arena = Readonly<{
  contestants: readonly Contestant[];
  /** Throws unless the contestant's totals are those of the calls. */
  assertTotals: (contestant: Contestant) => Promise<void>;
}>;

/** Starts a broker of its own, writes the calls, does `work`, and leaves nothing behind. */
export async function inArena(work: (arena: Arena) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-projection-'));
  const stack = await startJavaStack({ dataDirectory: directory });
  try {
    const [port = 0, adminPort = 0, peerPort = 0] = await freePorts(3);
    const config = readIngressConfig({
      KAFKA_BROKERS: stack.brokers,
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      VXT_WEBHOOK_TOKENS: 'bench-token-0123456789',
    });
    const logger = createLogger('bench', 'silent');
    const kafka = createKafka(config.kafka, 'bench', logger, { requestTimeout: 60_000 });
    const { topicPrefix: prefix, partitions } = config.kafka;
    await ensureTopics(kafka, { reads: [], writes: ['callLogs', 'voicemails'] }, config.kafka, logger);
    const topics = { prefix, partitions, calls: `${prefix}call-logs` };
    const written = {
      topic: topics.calls,
      partitions,
      encoders: await createEncoders(connectRegistry(config.registry), config),
      count: CALLS,
      seed: 1,
    };
    const expected = await writeCalls(kafka, written, (count) => {
      if (count % 250_000 === 0 || count === CALLS) console.log(`${count} calls written`);
    });
    const peer = kafkaStreams(stack, kafka, topics, peerPort, directory);
    await work({
      contestants: [ours(stack, kafka, topics, [port, adminPort]), ...(peer === null ? [] : [peer])],
      assertTotals: async (contestant) => {
        const totals = await contestant.totals();
        const wrong = expected.findIndex((line, index) => line !== totals[index]);
        if (wrong === -1 && totals.length === expected.length) return;
        throw new Error(
          `${contestant.name} has other totals (uid, counts, sums): ${totals[wrong]} instead of ${expected[wrong]}; ${totals.length} users of ${expected.length}`,
        );
      },
    });
  } finally {
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs `work` on a started contestant and stops it. */
export async function running<T>(contestant: Contestant, work: (server: Server) => Promise<T>): Promise<T> {
  const server = contestant.start();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

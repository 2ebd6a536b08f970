import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJavaStack } from '../../dev/stack/java-stack.ts';
import { startTableReader } from '../../services/shared/kafka/table-reader.ts';
import { testKafka } from './kafka-log.ts';

/** Days of production in seconds: whatever a topic does not ask to be kept is soon gone. */
const brokerProperties = {
  'transactional.id.expiration.ms': '5000',
  'transaction.remove.expired.transaction.cleanup.interval.ms': '1000',
  'offsets.retention.minutes': '1',
  'offsets.retention.check.interval.ms': '5000',
  'log.segment.bytes': '1048576',
  'log.roll.ms': '2000',
  'log.retention.ms': '1000',
  'log.retention.check.interval.ms': '500',
  'log.cleaner.backoff.ms': '200',
  'log.cleaner.min.cleanable.ratio': '0.001',
  'log.cleaner.delete.retention.ms': '0',
};

/** A batch as it lies in a segment. An empty one is what the log cleaner keeps of a producer whose records are all replaced. */
export type StoredBatch = Readonly<{ baseOffset: number; records: number }>;

/** A Kafka and a registry of its own, on which everything ages fast. */
export async function startAgingStack() {
  const directory = mkdtempSync(join(tmpdir(), 'aging-'));
  const { brokers, registryUrl, stop } = await startJavaStack({ dataDirectory: directory, brokerProperties });
  const segmentsOf = (topic: string, partition: number): readonly string[] => {
    const log = join(directory, 'kafka/log', `${topic}-${partition}`);
    const names = readdirSync(log).filter((name) => name.endsWith('.log'));
    return names.sort().map((name) => join(log, name));
  };
  return {
    brokers,
    registryUrl,
    /** Whether the coordinator has forgotten all of these transactional ids. */
    forgotten: async (transactionalIds: readonly string[]): Promise<boolean> => {
      const known = new Set<string>();
      const reader = startTableReader(
        testKafka(brokers),
        { topics: ['__transaction_state'], groupPrefix: 'test-' },
        (records) => {
          for (const { key, value } of records) {
            // Two bytes of version and two of length, then the id.
            const id = key?.slice(4) ?? '';
            if (value === null) known.delete(id);
            else known.add(id);
          }
        },
      );
      await reader.caughtUp;
      await reader.stop();
      return transactionalIds.every((id) => !known.has(id));
    },
    /** The batches of the first segment of a partition that has more than one, else null. */
    firstSegment: (topic: string, partition: number): readonly StoredBatch[] | null => {
      const [first, second] = segmentsOf(topic, partition);
      return first === undefined || second === undefined ? null : batchesIn(first);
    },
    stop: async (): Promise<void> => {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Kafka's record batches, version 2: 12 bytes before the length ends, the count of records at 57. */
function batchesIn(file: string): readonly StoredBatch[] {
  const bytes = readFileSync(file);
  const batches: StoredBatch[] = [];
  for (let at = 0; at + 61 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    batches.push({ baseOffset: Number(bytes.readBigInt64BE(at)), records: bytes.readInt32BE(at + 57) });
  }
  return batches;
}

import {
  type CallMetricsProjection,
  createCallMetricsProjection,
} from '../../../services/call-metrics/call-metrics-projection.ts';
import { type Codecs, createCodecs } from '../../../services/call-metrics/codecs.ts';
import type { Outcome } from '../../../services/call-metrics/fold.ts';
import type { ProjectionRules } from '../../../services/call-metrics/settings-fingerprint.ts';
import type { Registry } from '../../../services/shared/avro/registry.ts';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';
import { createTestDriver, type TestDriver } from '../../../services/shared/projection/test-driver.ts';
import { localRegistry } from '../../support/local-registry.ts';
import { createInputRecords, type TestEvent } from '../../support/produce-events.ts';

export const TOPICS = {
  callLogs: 't.call-logs',
  voicemails: 't.voicemails',
  table: 't.user-call-metrics',
  state: 't.call-metrics-state',
  seen: 't.call-metrics-seen',
  deadLetters: 't.dead-letters',
} as const;

export const RULES: ProjectionRules = { partitions: 2, timeZone: 'UTC', dedupeDays: 30, keptDays: 400 };

/** call-metrics without a broker, and a way to write webhooks to it as the ingress would. `alter` is given its codecs. */
export async function inMemory(
  given: Partial<ProjectionRules> = {},
  { maxDeadLetterBytes = 4_000_000, alter = (codecs: Codecs): Codecs => codecs } = {},
) {
  const leftOut: string[] = [];
  let rules = { ...RULES, ...given };
  const registry = rememberingRegistry();
  const counts = new Map<Outcome, number>();
  let running: CallMetricsProjection | null = null;
  const current = (): CallMetricsProjection => {
    if (running === null) throw new Error('No process was started');
    return running;
  };
  const create = async () => {
    running = createCallMetricsProjection({
      rules,
      topicPrefix: 't.',
      codecs: alter(await createCodecs(registry, 't.')),
      partitionOf: createPartitionOfKey(rules.partitions),
      counted: (_topic, outcome, count) => counts.set(outcome, (counts.get(outcome) ?? 0) + count),
      maxDeadLetterBytes: () => maxDeadLetterBytes,
      leftOut: ({ topic, offset }, reason) => leftOut.push(`${topic}/${offset} ${reason}`),
    });
    return running;
  };
  const toRecord = await createInputRecords(registry, 't.', rules.partitions);
  const driver: TestDriver = await createTestDriver(create, rules.partitions);
  const codecs = await createCodecs(registry, 't.');
  return {
    driver,
    create,
    codecs,
    /** Records of the own topics that were left out, each time they were read. */
    leftOut,
    registry,
    /** Writes an event to its input; the log time is that of the record. */
    pipe: (event: TestEvent, timestampMs: number) => driver.pipe({ ...toRecord(event), timestampMs }),
    /** The settings that the next process starts with. */
    changeRules: (change: Partial<ProjectionRules>) => {
      rules = { ...rules, ...change };
    },
    counts: (outcome: Outcome) => counts.get(outcome) ?? 0,
    /** What the running process has read back, and its calendar. */
    view: () => ({ committed: current().view, calendar: current().calendar }),
    takeExpiredSeen: (partition: number) => current().takeExpiredSeen(partition),
    /** The totals of the table, by key. */
    totals: async () => {
      const table = driver.table(TOPICS.table);
      await codecs.table.reader.learn(table.values());
      return new Map(
        [...table].map(([key, value]) => {
          const decoded = codecs.table.reader.decode(value);
          if (!decoded.ok) throw new Error(decoded.reason);
          return [key, decoded.value] as const;
        }),
      );
    },
  };
}

/** As a real registry: the same schema again has the same id. */
function rememberingRegistry(): Registry {
  const registry = localRegistry();
  const ids = new Map<string, Promise<number>>();
  return {
    ...registry,
    register: (subject, schema) => {
      const text = JSON.stringify(schema);
      const id = ids.get(text) ?? registry.register(subject, schema);
      ids.set(text, id);
      return id;
    },
  };
}

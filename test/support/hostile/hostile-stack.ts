import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { createWriter } from '../../../services/shared/avro/writer.ts';
import type { UserCallMetrics } from '../../../services/shared/call-events/avro-types.generated.ts';
import type { TopicId } from '../../../services/shared/call-events/topics.ts';
import { call, voicemail } from '../../unit/call-metrics/events.ts';
import { lifetime } from '../lifetimes.ts';
import { naiveTotals, totalsByKey } from '../naive-totals.ts';
import type { TestEvent } from '../produce-events.ts';
import { projectionBench } from '../projection-bench.ts';
import { goodBatches } from './good-batches.ts';
import { registerHostileSchemas } from './hostile-schemas.ts';
import { hostileValues } from './hostile-values.ts';
import { openRawProducer, type Placed } from './raw-produce.ts';
import { readOwnTable, readRecords } from './read-own.ts';

const PARTITIONS = 3;
const LONG = 'i'.repeat(257);

/** Topics of its own, what is written to them, and what must come of it. */
export async function hostileStack() {
  const bench = await projectionBench(PARTITIONS);
  const { brokers, name, prefix, toRecord, environment } = bench;
  const registry = connectRegistry({ url: environment.SCHEMA_REGISTRY_URL, username: null, password: null });
  const rows = await createWriter<UserCallMetrics>(registry, name('userCallMetrics'), 'user-call-metrics');
  const schemaIds = await registerHostileSchemas(environment.SCHEMA_REGISTRY_URL, prefix);
  const raw = await openRawProducer(brokers);
  const good: TestEvent[] = [];
  let turns = 0;

  const [callRecord, voicemailRecord] = [toRecord(call({ id: 'hostile' })), toRecord(voicemail({ id: 'hostile' }))];
  const row = rows.encode(lifetime('u-1', 1));
  const ingredients = { row, schemaIds };
  const [event, otherEvent] = [callRecord.value, voicemailRecord.value];
  const user = (uid: string) => ({ user: { type: 'user' as const, uid, email: `${uid.slice(0, 9)}@example.com` } });

  return {
    bench,
    schemas: schemaIds.map(([schema]) => schema),
    raw,
    row,
    values: {
      callLogs: hostileValues({ ...ingredients, event, otherEvent }),
      voicemails: hostileValues({ ...ingredients, event: otherEvent, otherEvent: event }),
    },
    /** Events that are whole and cannot be counted, where they would be written. */
    refusedEvents: [
      call({ id: LONG }),
      call({ id: 'long uid', ...user(LONG) }),
      call({ id: 'vast uid', ...user('u'.repeat(600_000)) }),
      call({ id: 'long number', phoneNumberE164: LONG }),
      voicemail({ id: LONG }),
    ].map(toRecord),
    /** An event in a partition that is not its subject's. */
    misplaced: [call({ id: 'misplaced' }), voicemail({ id: 'misplaced' })].map((one) => {
      const record = toRecord(one);
      return { ...record, partition: (record.partition + 1) % PARTITIONS };
    }),
    write: (topic: TopicId, partition: number, batch: Buffer): Promise<Placed> =>
      raw.produce(name(topic), partition, batch),
    /** Writes events that count, compressed in another way each time. */
    writeGood: async (events: readonly TestEvent[]): Promise<void> => {
      good.push(...events);
      turns += 1;
      for (const { topic, partition, bytes } of goodBatches(events.map(toRecord), turns)) {
        await raw.produce(topic, partition, bytes);
      }
    },
    /** Counts events that others write. */
    expectGood: (events: readonly TestEvent[]) => good.push(...events),
    /** What the table must say, and what tasks have written there. */
    totals: async () => ({
      table: totalsByKey(await readOwnTable(brokers, name('userCallMetrics'), registry)),
      log: naiveTotals(good, PARTITIONS),
    }),
    /** The places of dead letters, as `<topic>/<partition>/<offset>`. */
    deadLetters: async (): Promise<readonly string[]> =>
      (await readRecords(brokers, name('deadLetters'))).map(
        ({ headers: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`,
      ),
  };
}

export type HostileStack = Awaited<ReturnType<typeof hostileStack>>;

import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { createWriter } from '../../../services/shared/avro/writer.ts';
import type { TopicId } from '../../../services/shared/call-events/topics.ts';
import { call, type TestEvent, user, voicemail } from '../call-events.ts';
import { lifetime } from '../lifetimes.ts';
import { naiveTotals, totalsByKey } from '../naive-totals.ts';
import { projectionBench } from '../projection-bench.ts';
import { goodBatches } from './good-batches.ts';
import { registerHostileSchemas } from './hostile-schemas.ts';
import { hostileValues } from './hostile-values.ts';
import { openRawProducer, type Placed } from './raw-produce.ts';
import { readOwnTable, readRecords } from './read-own.ts';

const PARTITIONS = 3;
const LONG = 'i'.repeat(257);

/** A stack with its own topics, what is written to them, and what must be the result. */
export async function hostileStack() {
  const bench = await projectionBench(PARTITIONS);
  const { brokers, name, prefix, toRecord, environment } = bench;
  const registry = connectRegistry({ url: environment.SCHEMA_REGISTRY_URL, username: null, password: null });
  const rows = await createWriter(registry, prefix, 'userCallMetrics');
  const schemaIds = await registerHostileSchemas(environment.SCHEMA_REGISTRY_URL, prefix);
  const raw = await openRawProducer(brokers);
  const good: TestEvent[] = [];
  let turns = 0;

  const [callRecord, voicemailRecord] = [toRecord(call({ id: 'hostile' })), toRecord(voicemail({ id: 'hostile' }))];
  const row = rows.encode(lifetime('u-1', 1));
  const ingredients = { row, schemaIds };
  const [event, otherEvent] = [callRecord.value, voicemailRecord.value];
  const ofUser = (uid: string) => ({ user: user(uid, `${uid.slice(0, 9)}@example.com`) });

  return {
    bench,
    schemas: schemaIds.map(([schema]) => schema),
    raw,
    row,
    values: {
      callLogs: hostileValues({ ...ingredients, event, otherEvent }),
      voicemails: hostileValues({ ...ingredients, event: otherEvent, otherEvent: event }),
    },
    /** Events that are well-formed but cannot be counted, and where to write them. */
    refusedEvents: [
      call({ id: LONG }),
      call({ id: 'long uid', ...ofUser(LONG) }),
      call({ id: 'vast uid', ...ofUser('u'.repeat(600_000)) }),
      call({ id: 'long number', phoneNumberE164: LONG }),
      voicemail({ id: LONG }),
    ].map(toRecord),
    /** An event in a partition that does not belong to its subject. */
    misplaced: [call({ id: 'misplaced' }), voicemail({ id: 'misplaced' })].map((one) => {
      const record = toRecord(one);
      return { ...record, partition: (record.partition + 1) % PARTITIONS };
    }),
    write: (topic: TopicId, partition: number, batch: Buffer): Promise<Placed> =>
      raw.produce(name(topic), partition, batch),
    /** Writes events that count, with a different compression each time. */
    writeGood: async (events: readonly TestEvent[]): Promise<void> => {
      good.push(...events);
      turns += 1;
      for (const { topic, partition, bytes } of goodBatches(events.map(toRecord), turns)) {
        await raw.produce(topic, partition, bytes);
      }
    },
    /** Adds events that others write to the expected totals. */
    expectGood: (events: readonly TestEvent[]) => good.push(...events),
    /** The expected table, and the table that tasks have written. */
    totals: async () => ({
      table: totalsByKey(await readOwnTable(brokers, name('userCallMetrics'), registry)),
      log: naiveTotals(good, PARTITIONS),
    }),
    /** The origins of dead letters, as `<topic>/<partition>/<offset>`. */
    deadLetters: async (): Promise<readonly string[]> =>
      (await readRecords(brokers, name('deadLetters'))).map(
        ({ headers: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`,
      ),
  };
}

export type HostileStack = Awaited<ReturnType<typeof hostileStack>>;

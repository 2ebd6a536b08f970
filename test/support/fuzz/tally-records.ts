import { randomUUID } from 'node:crypto';
import { testKafka } from '../kafka-log.ts';
import { eventIdOf, traceIdOf } from './http-request.ts';

/** Counts the records of each case as they come to lie in the log. */
export type RecordTally = Readonly<{
  of: (number: number) => number;
  total: () => number;
  close: () => Promise<void>;
}>;

type RecordHeaders = Readonly<Record<string, unknown>>;

/** Counts from the beginning of the topics, which must be there. */
export async function tallyRecords(brokers: string, topics: readonly string[]): Promise<RecordTally> {
  const counts = new Map<number, number>();
  let total = 0;
  const consumer = testKafka(brokers).consumer({ groupId: `fuzz-${randomUUID()}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { headers = {} } of batch.messages) {
        total += 1;
        for (const number of casesOf(headers)) counts.set(number, (counts.get(number) ?? 0) + 1);
      }
    },
  });
  return { of: (number) => counts.get(number) ?? 0, total: () => total, close: () => consumer.disconnect() };
}

const traceForm = new RegExp(`^00-${traceIdOf(0, 0).slice(0, 2)}([0-9a-f]{14})`);
const eventForm = new RegExp(`/${eventIdOf(0, 0).replace('0-0', '(\\d+)-')}`);

/** The cases that a record may be of: by its trace id and by its event's id, either of which a case may have changed. */
function casesOf({ traceparent, ce_id }: RecordHeaders): ReadonlySet<number> {
  const [, trace] = traceForm.exec(String(traceparent)) ?? [];
  const [, event] = eventForm.exec(String(ce_id)) ?? [];
  return new Set([
    ...(trace === undefined ? [] : [Number.parseInt(trace, 16)]),
    ...(event === undefined ? [] : [Number(event)]),
  ]);
}

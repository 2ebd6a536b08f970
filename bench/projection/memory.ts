/** `npm run bench:memory`: bytes that call-metrics holds for each user-day and for each id it has counted. Kafka is not needed. */
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { createCodecs } from '../../services/call-metrics/codecs.ts';
import { createCommittedView } from '../../services/call-metrics/committed-view.ts';
import { dateOfDay } from '../../services/call-metrics/domain/calendar.ts';
import { evolve } from '../../services/call-metrics/domain/evolve.ts';
import { initialState, snapshot } from '../../services/call-metrics/domain/totals.ts';
import { tableKey } from '../../services/shared/call-events/table-key.ts';
import type { CommittedRecord } from '../../services/shared/projection/records.ts';
import { createSeenIds, seenEntry } from '../../services/shared/projection/seen-ids.ts';
import { localRegistry } from '../../test/support/local-registry.ts';

new Command('npm run bench:memory')
  .description('Bytes that call-metrics holds for each user-day and for each id it has counted. Kafka is not needed.')
  .parse();

const USERS = 2_000;
const DAYS = 400;
const IDS = 5_000_000;
const START_MS = Date.UTC(2026, 0, 1);

/** Bytes held now, after everything that is not has been collected. */
function heldBytes(): number {
  if (globalThis.gc === undefined) throw new Error('Run it as `npm run bench:memory`: Node needs --expose-gc');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const bytesEach = (before: number, count: number): string => `${((heldBytes() - before) / count).toFixed(0)} bytes`;

const codecs = await createCodecs(localRegistry(), 'bench.');
const view = createCommittedView({
  codecs,
  topics: { table: 'table', state: 'state', seen: 'seen' },
  dedupeMs: 0,
  partitionOf: () => 0,
  leftOut: ({ offset }, reason) => {
    throw new Error(`Record ${offset} was left out (${reason})`);
  },
});

/** The row of a user's day on which calls were missed and answered both ways. */
function userDay(user: number, day: number): CommittedRecord {
  const subject = { type: 'user', id: `user-${String(user).padStart(8, '0')}` } as const;
  const window = { kind: 'day', date: dateOfDay(20_000 + day) } as const;
  const place = { timestamp: START_MS + day * 86_400_000, partition: 0, offset: user * DAYS + day };
  const common = { event: 'callLog', subject, userEmail: `${subject.id}@example.com`, place } as const;
  const answered = { type: 'answered', durations: { answerMs: 7_000, talkMs: 180_000 } } as const;
  const calls = [
    { direction: 'inbound', result: answered },
    { direction: 'outbound', result: answered },
    { direction: 'inbound', result: { type: 'missed' } },
  ] as const;
  const totals = calls.reduce(
    (sum, call) => evolve(sum, { ...common, ...call, conference: false, atMs: place.timestamp }),
    initialState(window),
  );
  const record = snapshot(totals, subject, window, 'Europe/Zurich');
  if (record === null) throw new Error('no calls were counted');
  const key = tableKey(subject.type, subject.id, window.date);
  return { topic: 'table', partition: 0, offset: place.offset, key, value: codecs.table.writer.encode(record) };
}

const beforeDays = heldBytes();
for (let day = 0; day < DAYS; day += 1) {
  await view.readBack(Array.from({ length: USERS }, (_, user) => userDay(user, day)));
}
console.log(`user-day: ${bytesEach(beforeDays, view.size().tableRecords)} (${view.size().tableRecords} of them)`);

const beforeIds = heldBytes();
const seen = createSeenIds();
for (let number = 0; number < IDS; number += 1) {
  const content = Buffer.from(String(number));
  seen.add(seenEntry(randomBytes(12).toString('hex'), content, START_MS + number), -Infinity);
}
console.log(`seen id: ${bytesEach(beforeIds, seen.size())} (${seen.size()} of them)`);

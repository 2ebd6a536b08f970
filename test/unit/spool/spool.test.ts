import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { openSpool } from '../../../services/shared/spool/spool.ts';
import { eventually } from '../../support/eventually.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const record = (value: string, partition = 0): OutgoingRecord => ({
  topic: 't',
  partition,
  key: 'k',
  value: Buffer.from(value),
  headers: {},
});

/** A Kafka that takes all but what is over its limit, and a clock of its own. */
function place() {
  const taken: string[] = [];
  const problems: string[] = [];
  const kafka = { up: false, limit: 100 };
  const clock = { ms: 1_000_000 };
  const publish = async ({ value }: OutgoingRecord): Promise<PublishOutcome> => {
    if (value === null || value.length > kafka.limit) return 'too-large';
    taken.push(value.toString());
    return 'durable';
  };
  const open = () =>
    openSpool({
      directory,
      maxBytes: 10_000,
      publish,
      kafkaIsUp: () => kafka.up,
      now: () => clock.ms,
      onProblem: (event, error) => problems.push(`${event}: ${error}`),
    });
  return { taken, problems, kafka, clock, open };
}

test('When Kafka is back, then what waits reaches it in order and nothing waits any more', async () => {
  const { taken, kafka, open } = place();
  const spool = await open();
  const outcomes = await Promise.all(['a', 'b', 'c'].map((value) => spool.append(record(value))));
  expect(outcomes).toEqual(['stored', 'stored', 'stored']);
  expect([spool.holds(0), spool.holds(1)]).toEqual([true, false]);

  kafka.up = true;
  await spool.drained();

  expect(taken).toEqual(['a', 'b', 'c']);
  expect(spool.holds(0)).toBe(false);
  expect(spool.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
  await spool.close();
});

test('When Kafka goes away a second time, then the oldest age begins with what waits now', async () => {
  const { kafka, clock, open } = place();
  const spool = await open();
  await spool.append(record('first outage'));
  kafka.up = true;
  await spool.drained();
  kafka.up = false;
  clock.ms += 86_400_000;

  await spool.append(record('second outage'));
  clock.ms += 5_000;

  expect(spool.state()).toMatchObject({ records: 1, oldestAgeMs: 5_000 });
  await spool.close();
});

test('When the broker never takes a record for its size, then it stays on disk, is told, holds up no other, and is tried again at the next start', async () => {
  const { taken, problems, kafka, clock, open } = place();
  const spool = await open();
  await spool.append(record('before'));
  await spool.append(record('x'.repeat(101)));
  await spool.append(record('behind'));
  kafka.up = true;
  await eventually(() => taken.length === 2);
  await spool.append(record('later'));
  await eventually(() => taken.length === 3);
  clock.ms += 7_000;

  expect(taken).toEqual(['before', 'behind', 'later']);
  expect(problems).toEqual([expect.stringMatching(/^spool-record-refused: .*t\/0.*max\.message\.bytes/)]);
  expect(spool.holds(0)).toBe(false);
  expect(spool.state()).toMatchObject({ records: 1, oldestAgeMs: 7_000 });
  await spool.close();

  kafka.limit = 1_000;
  const next = await open();
  await next.drained();
  expect(taken.at(-1)).toBe('x'.repeat(101));
  expect(next.state()).toEqual({ records: 0, bytes: 0, oldestAgeMs: null });
  await next.close();
});

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openSpools, type Spools } from '../../../services/ingress/open-spools.ts';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { createLogger } from '../../../services/shared/observability/logger.ts';
import { eventually } from '../../support/eventually.ts';

let directory: string;
const opened: Spools[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spools-'));
});
afterEach(async () => {
  for (const spools of opened.splice(0)) await spools.close();
  rmSync(directory, { recursive: true, force: true });
});

const FAR = Number.POSITIVE_INFINITY;
const record = (value: string, key = 'k'): OutgoingRecord => ({
  topic: 't',
  partition: 0,
  key,
  value: Buffer.from(value),
  headers: {},
});

/** A Kafka that takes a batch whenever the test lets it. */
function place() {
  const taken: string[] = [];
  const kafka = { up: false, gate: Promise.resolve() };
  const publishAll = async (records: readonly OutgoingRecord[]): Promise<readonly PublishOutcome[]> => {
    await kafka.gate;
    taken.push(...records.map(({ value }) => String(value)));
    return records.map(() => 'durable');
  };
  const open = async (slot: number, workers: number): Promise<Spools> => {
    const spools = await openSpools({
      settings: { directory, maxBytes: 10_000_000 },
      worker: { slot, workers },
      publisher: { publishAll, isUp: () => kafka.up },
      mayPublish: () => true,
      partitionOf: () => 0,
      observer: {
        began: () => undefined,
        ended: () => undefined,
        failed: () => undefined,
        setAside: () => undefined,
        resent: () => undefined,
        found: () => undefined,
      },
      logger: createLogger('test', 'silent'),
    });
    opened.push(spools);
    return spools;
  };
  return { taken, kafka, open };
}
const closeAll = async (): Promise<void> => {
  for (const spools of opened.splice(0)) await spools.close();
};

test('When there were three workers and is one now, then what each left is sent before newer events of the same key, and its folder goes', async () => {
  const { taken, kafka, open } = place();
  for (const slot of [0, 1, 2]) await (await open(slot, 3)).append(record(`old-${slot}`), false, FAR);
  await closeAll();

  const spools = await open(0, 1);
  expect(spools.holds('t/0')).toBe(true);
  await spools.append(record('new'), false, FAR);
  expect(spools.state().records).toBe(4);
  kafka.up = true;
  await eventually(() => taken.length === 4);
  expect(taken.slice(0, 2).sort()).toEqual(['old-1', 'old-2']);
  expect(taken.slice(2)).toEqual(['old-0', 'new']);
  await eventually(() => !existsSync(join(directory, 'worker-1')) && !existsSync(join(directory, 'worker-2')));
});

test('When another worker drains an adopted spool, then this one holds events of its keys until that is done', async () => {
  const { taken, kafka, open } = place();
  await (await open(2, 3)).append(record('old'), false, FAR);
  await closeAll();
  // Of two workers, the first adopts slot 2.
  const draining = place();
  await draining.open(0, 2);
  const other = await open(1, 2);
  kafka.up = true;
  expect(other.holds('t/0')).toBe(true);
  await other.append(record('new'), false, FAR);
  // Another key of another place goes while this one waits.
  await other.append({ ...record('free'), topic: 'other' }, false, FAR);
  await eventually(() => taken.includes('free'));
  expect(taken).toEqual(['free']);

  draining.kafka.up = true;
  await eventually(() => taken.length === 2);
  expect(draining.taken).toEqual(['old']);
  expect(taken).toEqual(['free', 'new']);
  await eventually(() => !other.holds('t/0'));
});

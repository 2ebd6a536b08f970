import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { openSpool, type Spool } from '../../../services/shared/spool/spool.ts';
import { eventually } from '../../support/eventually.ts';

export const FAR = Number.POSITIVE_INFINITY;

export const record = (value: string, partition = 0, topic = 't'): OutgoingRecord => ({
  topic,
  partition,
  key: 'k',
  value: Buffer.from(value),
  headers: { h: 'x' },
});

export const append = (spool: Spool, ...records: readonly OutgoingRecord[]) =>
  Promise.all(records.map((one) => spool.append(one, false, FAR)));

/** Lets time pass until nothing is on disk: a place that was not taken is held for a while. */
export const untilDrained = (spool: Spool, clock: { ms: number }): Promise<boolean> =>
  eventually(() => {
    clock.ms += 1_000;
    return spool.state().records === 0;
  });

/** A folder for each test, and spools in it that are closed behind it. To be called once in a file. */
export function spoolsOfTests() {
  const folder = { root: '', worker: '' };
  const opened: Spool[] = [];
  beforeEach(() => {
    folder.root = mkdtempSync(join(tmpdir(), 'spool-'));
    folder.worker = join(folder.root, 'worker-0');
  });
  afterEach(async () => {
    for (const spool of opened.splice(0)) await spool.close();
    rmSync(folder.root, { recursive: true, force: true });
  });

  /** A Kafka that takes what its `judge` says, and a clock of its own. */
  const place = (judge: (record: OutgoingRecord) => PublishOutcome = () => 'durable') => {
    const taken: string[] = [];
    const told: string[] = [];
    const kafka = { up: false, judge, given: 0 };
    const clock = { ms: 1_000_000 };
    const publishAll = async (records: readonly OutgoingRecord[]): Promise<readonly PublishOutcome[]> =>
      records.map((one) => {
        kafka.given += 1;
        const outcome = kafka.judge(one);
        if (outcome === 'durable') taken.push(String(one.value));
        return outcome;
      });
    const open = async (more: Partial<Parameters<typeof openSpool>[0]> = {}): Promise<Spool> => {
      const spool = openSpool({
        directory: folder.worker,
        maxBytes: 1_000_000,
        publishAll,
        mayPublish: () => kafka.up,
        waitsElsewhere: () => false,
        adapt: (one) => one,
        now: () => clock.ms,
        observer: {
          began: () => told.push('began'),
          ended: () => told.push('ended'),
          failed: (what, error) => told.push(`failed ${what}: ${error}`),
          setAside: (where, bytes) => told.push(`set aside ${where} ${bytes > 0}`),
          resent: (records) => told.push(`resent ${records}`),
          found: (_path, { damagedBytes, unfinishedBytes }) => {
            if (damagedBytes + unfinishedBytes > 0) told.push(`found ${damagedBytes} ${unfinishedBytes}`);
          },
        },
        ...more,
      });
      opened.push(spool);
      return spool;
    };
    return { taken, told, kafka, clock, open };
  };
  /** Ends the spool that was opened last, as a process does that stops. */
  const closeLast = async (): Promise<void> => void (await opened.pop()?.close());
  return { folder, place, closeLast };
}

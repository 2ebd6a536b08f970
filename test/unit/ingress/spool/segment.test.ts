import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSegment, openSegment } from '../../../../services/ingress/spool/open-segment.ts';
import type { Segment } from '../../../../services/ingress/spool/segment.ts';
import {
  encodePayload,
  HEADER_BYTES,
  MAX_RECORDS,
  scanSegment,
} from '../../../../services/ingress/spool/segment-format.ts';
import type { OutgoingRecord } from '../../../../services/shared/kafka/publisher/outgoing-record.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'segment-'));
  path = join(directory, '00000001.spool');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const record = (value: string): OutgoingRecord => ({
  topic: 't',
  partition: 0,
  key: null,
  value: Buffer.from(value),
  headers: {},
});
const newRecord = (value: string) => ({
  payload: encodePayload({ record: record(value), storedAtMs: 1 }),
  place: 't/0',
  storedAtMs: 1,
  state: 'waiting' as const,
});

/** Writes a segment with these records, marks the first `done` of them, and closes it. */
async function written(values: readonly string[], done = 0): Promise<void> {
  const segment = await createSegment(path, 1_000_000);
  for (const value of values) await segment.append([newRecord(value)]);
  await segment.mark(segment.entries.slice(0, done), 'done');
  await segment.close();
}
async function readBack() {
  const opened = await openSegment(path, (one) => one);
  if (opened === null) return null;
  const { segment, leftovers } = opened;
  const pending: string[] = [];
  for (const entry of segment.entries)
    if (segment.stateOf(entry.index) !== 'done') pending.push(String((await segment.read(entry)).value));
  return { pending, leftovers, segment };
}

test('When a segment is reopened, then done records are still done, and the others are pending in order', async () => {
  await written(['a', 'b', 'c'], 1);
  const read = await readBack();
  expect(read?.pending).toEqual(['b', 'c']);
  expect(read?.leftovers).toEqual({ damagedBytes: 0, unfinishedBytes: 0 });
  await read?.segment.close();
});

test('When the last write was interrupted at any byte, then all earlier records are intact, and the dropped bytes are reported', async () => {
  await written(['first', 'second', 'third']);
  const whole = readFileSync(path);
  const ends = scanSegment(whole).frames.map(({ end }) => end);
  for (let size = HEADER_BYTES; size <= whole.length; size += 1) {
    writeFileSync(path, whole.subarray(0, size));
    const read = await readBack();
    const complete = ends.filter((end) => end <= size).length;
    expect(read?.pending).toEqual(['first', 'second', 'third'].slice(0, complete));
    expect(read?.leftovers).toEqual({ damagedBytes: 0, unfinishedBytes: size - (ends[complete - 1] ?? HEADER_BYTES) });
    await read?.segment.close();
  }
});

test('When a power failure left zeros in place of a write, then all earlier records are intact', async () => {
  await written(['a', 'b']);
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(10_000)]));
  const read = await readBack();
  expect(read?.pending).toEqual(['a', 'b']);
  expect(read?.leftovers.unfinishedBytes).toBe(10_000);
  await read?.segment.close();
});

test('When the disk changed a record in the middle, then those around it are intact, the damage is reported, and the file is kept', async () => {
  await written(['aaaa', 'bbbb', 'cccc']);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('bbbb')] = 0xff;
  writeFileSync(path, bytes);
  const read = await readBack();
  expect(read?.pending).toEqual(['aaaa', 'cccc']);
  expect(read?.leftovers.damagedBytes).toBeGreaterThan(0);
  await read?.segment.remove();
  expect(readdirSync(directory)).toEqual([expect.stringMatching(/^00000001\.spool\..+\.damaged$/)]);
});

test('When the header is damaged, then every record is pending, as one that may have been sent', async () => {
  await written(['a', 'b'], 1);
  const bytes = readFileSync(path);
  bytes.fill(0xee, 0, HEADER_BYTES);
  writeFileSync(path, bytes);
  const read = await readBack();
  expect(read?.pending).toEqual(['a', 'b']);
  expect(read?.segment.stateOf(0)).toBe('sending');
  expect(read?.leftovers.damagedBytes).toBe(HEADER_BYTES);
  await read?.segment.close();
});

test('When a torn write contains a copy of a frame, then it is not mistaken for a record', async () => {
  const forger = join(directory, 'forger.spool');
  const other = await createSegment(forger, 1_000_000);
  await other.append([newRecord('forged')]);
  await other.close();
  const forged = readFileSync(forger).subarray(HEADER_BYTES);
  await written(['a', `${forged.toString('latin1')}`.repeat(50)]);
  const whole = readFileSync(path);
  const padded = Buffer.concat([whole.subarray(0, -10)]);
  padded.set(forged, padded.length - 2 * forged.length);
  writeFileSync(path, padded);
  const read = await readBack();
  expect(read?.pending).toEqual(['a']);
  await read?.segment.close();
});

test('When a damaged frame contains a megabyte of frame beginnings, then scanning it takes linear time', async () => {
  const scanned = (kibibytes: number): number => {
    const bytes = Buffer.alloc(HEADER_BYTES + kibibytes * 1024, 'VXTR\0\0\x40\0');
    bytes.write('VXTSPOOL');
    const startedMs = performance.now();
    scanSegment(bytes);
    return performance.now() - startedMs;
  };
  const best = (kibibytes: number): number => Math.min(...Array.from({ length: 5 }, () => scanned(kibibytes)));
  expect(best(1_024)).toBeLessThan(60 * Math.max(best(64), 0.1));
});

test('When a segment’s header is incomplete, then the file is removed', async () => {
  await written([]);
  truncateSync(path, 100);
  expect(await readBack()).toBeNull();
  expect(readdirSync(directory)).toEqual([]);
});

test('When a segment has as many records as its header has state bytes, then it has no room', async () => {
  const segment: Segment = await createSegment(path, 2 ** 30);
  const all = Array.from({ length: MAX_RECORDS }, (_, index) => newRecord(String(index)));
  await segment.append(all.slice(1));
  expect([segment.hasRoom(1), segment.hasRoom(2)]).toEqual([true, false]);
  await segment.append(all.slice(0, 1));
  expect(segment.hasRoom(1)).toBe(false);
  await segment.mark(segment.entries.slice(-1), 'done');
  await segment.close();
  const read = await readBack();
  expect(read?.pending).toHaveLength(MAX_RECORDS - 1);
  await read?.segment.close();
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OutgoingRecord } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { createSegment, openSegment, type Segment } from '../../../services/shared/spool/segment.ts';
import {
  encodePayload,
  HEADER_BYTES,
  MAX_RECORDS,
  scanSegment,
} from '../../../services/shared/spool/segment-format.ts';

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

/** A closed segment with these records, of which the first ones are done. */
async function written(values: readonly string[], done = 0): Promise<void> {
  const segment = await createSegment(path, 1_000_000);
  for (const value of values) await segment.append([newRecord(value)]);
  await segment.mark(segment.entries.slice(0, done), 'done');
  await segment.close();
}
async function readBack() {
  const opened = await openSegment(path, (one) => one);
  if (opened === null) return null;
  const { segment, found } = opened;
  const pending: string[] = [];
  for (const entry of segment.entries)
    if (segment.stateOf(entry.index) !== 'done') pending.push(String((await segment.read(entry)).value));
  return { pending, found, segment };
}

test('When a segment is opened again, then what is done is done, and the rest is there in order', async () => {
  await written(['a', 'b', 'c'], 1);
  const read = await readBack();
  expect(read?.pending).toEqual(['b', 'c']);
  expect(read?.found).toEqual({ damagedBytes: 0, unfinishedBytes: 0 });
  await read?.segment.close();
});

test('When the last write did not end, at whichever byte, then all before it is there, and what is dropped is told', async () => {
  await written(['first', 'second', 'third']);
  const whole = readFileSync(path);
  const ends = scanSegment(whole).frames.map(({ end }) => end);
  for (let size = HEADER_BYTES; size <= whole.length; size += 1) {
    writeFileSync(path, whole.subarray(0, size));
    const read = await readBack();
    const complete = ends.filter((end) => end <= size).length;
    expect(read?.pending).toEqual(['first', 'second', 'third'].slice(0, complete));
    expect(read?.found).toEqual({ damagedBytes: 0, unfinishedBytes: size - (ends[complete - 1] ?? HEADER_BYTES) });
    await read?.segment.close();
  }
});

test('When a power failure left zeros where a write should be, then all before it is there', async () => {
  await written(['a', 'b']);
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(10_000)]));
  const read = await readBack();
  expect(read?.pending).toEqual(['a', 'b']);
  expect(read?.found.unfinishedBytes).toBe(10_000);
  await read?.segment.close();
});

test('When the disk changed a record in the middle, then those around it are there, the damage is told, and the file is kept', async () => {
  await written(['aaaa', 'bbbb', 'cccc']);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('bbbb')] = 0xff;
  writeFileSync(path, bytes);
  const read = await readBack();
  expect(read?.pending).toEqual(['aaaa', 'cccc']);
  expect(read?.found.damagedBytes).toBeGreaterThan(0);
  await read?.segment.remove();
  expect(readdirSync(directory)).toEqual([expect.stringMatching(/^00000001\.spool\..+\.damaged$/)]);
});

test('When the header is damaged, then every record is there, as one that may have been sent', async () => {
  await written(['a', 'b'], 1);
  const bytes = readFileSync(path);
  bytes.fill(0xee, 0, HEADER_BYTES);
  writeFileSync(path, bytes);
  const read = await readBack();
  expect(read?.pending).toEqual(['a', 'b']);
  expect(read?.segment.stateOf(0)).toBe('sending');
  expect(read?.found.damagedBytes).toBe(HEADER_BYTES);
  await read?.segment.close();
});

test('When a torn write carries what looks like a record, then nothing of it is taken for one', async () => {
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

test('When a damaged frame holds a megabyte of beginnings of frames, then reading it takes time linear in its size', async () => {
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

test('When a segment was created and nothing more, then it is removed', async () => {
  await written([]);
  truncateSync(path, 100);
  expect(await readBack()).toBeNull();
  expect(readdirSync(directory)).toEqual([]);
});

test('When a segment has as many records as its header has states for, then it has no room', async () => {
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

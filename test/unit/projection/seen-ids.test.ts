import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSeenLog } from '../../../services/call-metrics/seen-log.ts';
import { createSeenIds, seenEntry } from '../../../services/shared/projection/seen-ids.ts';

const entry = (id: string, logTimeMs: number, content = 'same') => seenEntry(id, Buffer.from(content), logTimeMs);

describe('Seen ids', () => {
  test('tell a new id from a duplicate and from a conflict', () => {
    const seen = createSeenIds();
    expect(seen.sighting(entry('a', 5), 0)).toBe('new');
    seen.add(entry('a', 5), 0);
    expect(seen.sighting(entry('a', 9), 0)).toBe('duplicate');
    expect(seen.sighting(entry('a', 9, 'other'), 0)).toBe('conflict');
    expect(seen.sighting(entry('b', 9), 0)).toBe('new');
  });

  test('forget an id once it is older than asked for, and know it anew when it counts again', () => {
    const seen = createSeenIds();
    seen.add(entry('a', 100), 0);
    expect(seen.sighting(entry('a', 200), 100)).toBe('duplicate');
    expect(seen.sighting(entry('a', 201), 101)).toBe('new');
    seen.add(entry('a', 201, 'other'), 101);
    expect(seen.sighting(entry('a', 202, 'other'), 102)).toBe('duplicate');
    expect(seen.size()).toBe(1);
  });

  test('are a map from id to the newest entry, whatever is added, packed or let go', () => {
    const operations = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 3 })), { maxLength: 1_000 });
    fc.assert(
      fc.property(operations, fc.nat({ max: 500 }), (given, horizon) => {
        const seen = createSeenIds();
        const model = new Map<string, { time: number; content: string }>();
        for (const [time, [number, content]] of given.entries()) {
          seen.add(entry(`id-${number}`, time, `c${content}`), time - horizon);
          model.set(`id-${number}`, { time, content: `c${content}` });
        }
        const sinceMs = given.length - horizon;
        const packed = createSeenIds();
        for (const part of seen.pack(sinceMs, 7)) packed.addPacked(part.entries, -Infinity);
        for (const [id, { time, content }] of model) {
          const expected = time >= sinceMs ? 'duplicate' : 'new';
          expect(seen.sighting(entry(id, given.length, content), sinceMs)).toBe(expected);
          expect(packed.sighting(entry(id, given.length, content), sinceMs)).toBe(expected);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('stay small: those past the horizon make room for new ones', () => {
    const seen = createSeenIds();
    for (let time = 0; time < 50_000; time += 1) seen.add(entry(`id-${time}`, time), time - 1_000);
    expect(seen.size()).toBeLessThan(10_000);
    expect(seen.sighting(entry('id-49500', 50_000), 49_000)).toBe('duplicate');
  });

  test('are packed into parts of which each is older than the next', () => {
    const seen = createSeenIds();
    for (let time = 0; time < 100; time += 1) seen.add(entry(`id-${time}`, time), 0);
    expect(seen.pack(5, 40).map(({ newestLogTimeMs }) => newestLogTimeMs)).toEqual([44, 84, 99]);
  });

  test('let go of what is older than asked for', () => {
    const seen = createSeenIds();
    for (let time = 0; time < 100; time += 1) seen.add(entry(`id-${time}`, time), 0);
    seen.forget(90);
    expect([seen.size(), seen.sighting(entry('id-90', 100), 0), seen.sighting(entry('id-89', 100), 0)]).toEqual([
      10,
      'duplicate',
      'new',
    ]);
  });

  test('survive their bytes', () => {
    const entries = [entry('a', 1), entry('b', 2 ** 45), entry('c', -1)];
    const packed = createSeenIds();
    for (const one of entries) packed.add(one, -Infinity);
    const seen = createSeenIds();
    for (const part of [...packed.pack(-Infinity, 2), ...packed.pack(-Infinity, 3)])
      seen.addPacked(part.entries, -Infinity);
    expect(entries.map((one) => seen.sighting(one, one.logTimeMs))).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect(entries.map((one) => seen.sighting(one, one.logTimeMs + 1))).toEqual(['new', 'new', 'new']);
    expect(seen.size()).toBe(3);
  });
});

describe('The bytes of seen ids', () => {
  test('are those that every version has written: digests, then the log time, most significant byte first', () => {
    const seen = createSeenIds();
    seen.add(seenEntry('callLog/c-1', Buffer.from('content'), 1_763_812_800_123), 0);
    const [part] = seen.pack(0, 10);
    const digest = (of: string, bytes: number) =>
      createHash('sha256')
        .update(of)
        .digest('hex')
        .slice(0, 2 * bytes);
    expect(part?.entries.toString('hex')).toBe(
      `${digest('callLog/c-1', 16)}${digest('content', 8)}${(1_763_812_800_123).toString(16).padStart(16, '0')}`,
    );
  });
});

describe('The log of seen ids', () => {
  const HOUR = 3_600_000;
  const HORIZON = 24 * HOUR;
  const at = (hour: number, input = 'callLog') => [{ input, newestLogTime: hour * HOUR }];

  test('is truncated below the first record that still matters, each time once', () => {
    const log = createSeenLog(HORIZON);
    log.append(0, 1, at(1));
    log.append(1, 1, at(1.5));
    log.append(2, 1, at(3));
    log.append(3, 1, [...at(1), ...at(9, 'voicemail')]);
    const since = (callLog: number, voicemail: number) => (input: string) =>
      (input === 'callLog' ? callLog : voicemail) * HOUR;
    expect(log.takeExpired(1, since(1.2, 0))).toBeNull();
    expect(log.takeExpired(1, since(2, 0))).toBe(2);
    expect(log.takeExpired(1, since(2, 0))).toBeNull();
    expect(log.takeExpired(1, since(10, 9))).toBe(3);
    expect(log.takeExpired(1, since(10, 10))).toBe(4);
  });

  test('that a wrong clock dated ahead by more than the horizon ages with what follows it, by input', () => {
    const log = createSeenLog(HORIZON);
    for (const [offset, hour] of [1, 500_000, 2, 3].entries()) log.append(offset, 1, at(hour));
    expect(log.takeExpired(1, () => 2 * HOUR)).toBe(1);
    expect(log.takeExpired(1, () => 2.5 * HOUR)).toBe(3);

    const near = createSeenLog(HORIZON);
    for (const [offset, hour] of [500, 476].entries()) near.append(offset, 1, at(hour));
    expect(near.takeExpired(1, () => 490 * HOUR)).toBeNull();
    near.append(2, 1, at(475));
    expect(near.takeExpired(1, () => 476 * HOUR)).toBe(1);

    const other = createSeenLog(HORIZON);
    other.append(0, 1, at(500, 'voicemail'));
    other.append(1, 1, at(1));
    expect(other.takeExpired(1, () => 2 * HOUR)).toBeNull();
  });

  test('of an older generation is of no use', () => {
    const log = createSeenLog(HORIZON);
    log.append(0, 1, at(1));
    log.append(1, 2, at(1));
    expect(log.takeExpired(2, () => 0)).toBe(1);
  });
});

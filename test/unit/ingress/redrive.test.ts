import { describe, expect, test } from '@jest/globals';
import type { Encoders, EventMessage } from '../../../services/ingress/domain/event-message.ts';
import { recogniseBody } from '../../../services/ingress/recognise-body.ts';
import { createFinder, type Redrivable } from '../../../services/ingress/redrive/find-redrivable.ts';
import { judgeKept } from '../../../services/ingress/redrive/judge-kept.ts';
import {
  createPlaces,
  type KeptWebhook,
  markedPlace,
  type Places,
} from '../../../services/ingress/redrive/kept-webhook.ts';
import { publishRedrivable } from '../../../services/ingress/redrive/publish-redrivable.ts';
import { openRedriveWriter } from '../../../services/ingress/redrive/redrive-writer.ts';
import { exitCodeOf, linesOf } from '../../../services/ingress/redrive/report.ts';
import type { OutgoingRecord } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { callWebhook } from '../../support/webhooks.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const encoders: Encoders = {
  callLog: { schemaId: 1, encode: ({ id }) => Buffer.from(`event ${id}`) },
  voicemail: { schemaId: 2, encode: () => Buffer.from('voicemail') },
  schemaUri: (id) => `http://registry/schemas/ids/${id}`,
};

const kept = (value: Buffer | string | null, more: Partial<KeptWebhook> = {}): KeptWebhook => ({
  partition: 0,
  offset: 0,
  timestampMs: 1_763_700_000_000,
  value: typeof value === 'string' ? Buffer.from(value) : value,
  headers: { traceparent },
  transactional: false,
  unreadable: null,
  ...more,
});
const judge = (one: KeptWebhook) => judgeKept(one, recogniseBody, encoders);

describe('When a kept record is judged', () => {
  const body = callWebhook('a');

  test.each([
    ['with a byte order mark', `\ufeff${body}`],
    ['as it came', body],
  ])('then a webhook %s is its event', (_how, value) => {
    expect(judge(kept(value))).toMatchObject({
      kind: 'event',
      message: { headers: { ce_id: 'callLog/a', traceparent } },
    });
  });

  test.each([
    ['without a body', null, 'no-body'],
    ['that is no JSON any more', '{"event":', 'not-json'],
    ['that is empty', '', 'not-json'],
    ['that is not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'not-json'],
  ])('then one %s is broken', (_how, value, reason) => {
    expect(judge(kept(value))).toEqual({ kind: 'broken', reason });
  });

  test('then one of 500,000 levels is no event, and the call stack holds', () => {
    const levels = 500_000;
    expect(judge(kept('['.repeat(levels) + ']'.repeat(levels))).kind).not.toBe('event');
    const inside = body.replace('"id":"a"', `"id":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}`);
    expect(judge(kept(inside)).kind).not.toBe('event');
  });

  test('then one that cannot be encoded is broken, and nothing of it is told', () => {
    const failing: Encoders = {
      ...encoders,
      callLog: {
        schemaId: 1,
        encode: () => {
          throw new Error('invalid "long": secret');
        },
      },
    };
    const judgement = judgeKept(kept(body), recogniseBody, failing);
    expect(judgement).toEqual({ kind: 'broken', reason: 'not-encodable' });
  });

  test('then headers that another tool left null or broken become none, and a trace begins', () => {
    const judgement = judge(
      kept(body, { headers: { traceparent: 'null', tracestate: 'null', 'received-at': 'null' } }),
    );
    expect(judgement).toMatchObject({
      kind: 'event',
      message: { headers: { traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/) } },
    });
    expect(judgement.kind === 'event' && judgement.message.headers).not.toHaveProperty('tracestate');
  });
});

describe('When the topic is searched', () => {
  const find = (records: readonly KeptWebhook[], keepBytes: number, redriven: Places = createPlaces()) => {
    const finder = createFinder(judge, redriven, keepBytes);
    for (const record of records) finder.add(record);
    return finder.findings();
  };
  const idsOf = (found: readonly Redrivable[]) => found.map(({ message }) => message.headers.ce_id);
  const call = (offset: number, timestampMs: number): KeptWebhook =>
    kept(callWebhook(String(offset)), { offset, timestampMs });

  test('then what is redriven, and the markers that say so, are passed over; a body with a marker’s header is not', () => {
    const redriven = createPlaces();
    redriven.add({ partition: 0, offset: 1 });
    const marker = kept(null, { offset: 9, headers: { redriven: '0/1' }, transactional: true });
    const forged = kept(callWebhook('3'), { offset: 3, headers: { redriven: '0/2' } });
    const found = find([call(1, 1), call(2, 2), marker, forged], 1e6, redriven);
    expect(idsOf(found.first)).toEqual(['callLog/2', 'callLog/3']);
    expect(found).toMatchObject({ redrivenBefore: 1, redrivable: { callLogs: 2 }, broken: [] });
  });

  test('then a marker that was not written in a transaction hides nothing: another tool wrote it', () => {
    const foreign = kept(null, { offset: 9, headers: { redriven: '0/2' } });
    expect(markedPlace(foreign)).toBeNull();
    expect(markedPlace({ ...foreign, transactional: true })).toEqual({ partition: 0, offset: 2 });
    expect(find([call(2, 2), foreign], 1e6)).toMatchObject({
      redrivable: { callLogs: 1 },
      broken: [{ place: { partition: 0, offset: 9 }, reason: 'no-body' }],
    });
  });

  test('then a batch that cannot be read is told by its place, whatever its bytes are', () => {
    const batch = kept(callWebhook('3'), { offset: 7, unreadable: { firstOffset: 5, records: 3 } });
    expect(find([batch], 1e6)).toMatchObject({
      redrivable: {},
      broken: [{ place: { partition: 0, offset: 7 }, reason: 'unreadable-batch' }],
    });
  });

  test('then only the first in order of receipt are held, however many there are and in whichever order they come', () => {
    const times = Array.from({ length: 1_000 }, (_, index) => (index * 617) % 1_000);
    const found = find(
      times.map((time) => call(time, time)),
      20 * 1_100,
    );
    expect(found.redrivable).toEqual({ callLogs: 1_000 });
    const expected = Array.from({ length: found.first.length }, (_, index) => `callLog/${index}`);
    expect(idsOf(found.first)).toEqual(expected);
    expect(found.first.length).toBeGreaterThan(10);
    expect(found.first.length).toBeLessThan(30);
  });

  test('then an event larger than what may be held is held alone, and a dry run holds none', () => {
    expect(find([call(0, 0), call(1, 1)], 1).first).toHaveLength(1);
    expect(find([call(0, 0), call(1, 1)], 0)).toMatchObject({ first: [], redrivable: { callLogs: 2 } });
  });
});

describe('When events are published', () => {
  const event = (offset: number, bytes = 100): Redrivable => {
    const message: EventMessage = {
      topic: 'callLogs',
      key: 'user',
      value: Buffer.alloc(bytes),
      headers: { ce_id: String(offset) },
    };
    return { place: { partition: 0, offset }, timestampMs: offset, message };
  };
  const idsIn = (records: readonly OutgoingRecord[]): readonly string[] =>
    records.flatMap(({ headers: { ce_id } }) => ce_id ?? []);

  /** Publishes to a broker that refuses these events. */
  async function publish(events: readonly Redrivable[], refused: readonly string[], redriven = createPlaces()) {
    const transactions: (readonly string[])[] = [];
    const log: string[] = [];
    const failures = await publishRedrivable(events, {
      writer: {
        write: async (records) => {
          const ids = idsIn(records);
          transactions.push(ids);
          expect(records).toHaveLength(2 * ids.length);
          if (ids.some((id) => refused.includes(id))) return 'message-too-large';
          log.push(...ids);
          return null;
        },
        close: async () => undefined,
      },
      topicPrefix: 'vxt.',
      partitionOf: () => 0,
      redriven,
      onPublished: () => undefined,
    });
    return { failures, log, transactions };
  }
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));

  test('then a transaction holds at most 200 of them, and 512 KiB; a larger one goes alone', async () => {
    const many = await publish(
      numbers(0, 450).map((id) => event(Number(id))),
      [],
    );
    expect(many.transactions.map(({ length }) => length)).toEqual([200, 200, 50]);
    const large = await publish([event(0, 300_000), event(1, 300_000), event(2, 3_000_000), event(3)], []);
    expect(large.transactions).toEqual([['0'], ['1'], ['2'], ['3']]);
  });

  test('then those that Kafka refuses are named, and all others are published once and in order', async () => {
    const { failures, log, transactions } = await publish(
      numbers(0, 200).map((id) => event(Number(id))),
      ['0', '77', '78', '199'],
    );
    expect(failures.map(({ place, reason }) => [place.offset, reason])).toEqual(
      [0, 77, 78, 199].map((offset) => [offset, 'message-too-large']),
    );
    expect(log).toEqual(numbers(0, 200).filter((id) => !['0', '77', '78', '199'].includes(id)));
    expect(transactions.length).toBeLessThan(70);
  });

  test('then one that another run has published meanwhile is not published again', async () => {
    const redriven = createPlaces();
    const found = numbers(0, 10).map((id) => event(Number(id)));
    redriven.add({ partition: 0, offset: 4 });
    const { log } = await publish(found, ['7'], redriven);
    expect(log).toEqual(['0', '1', '2', '3', '5', '6', '8', '9']);
    expect(found.filter(({ place }) => redriven.has(place))).toHaveLength(9);
  });
});

describe('When Kafka does not commit a transaction', () => {
  /** A writer whose transactions fail with these errors in turn; then they commit. */
  async function writerOf(errors: (Error | null)[]) {
    const said: string[] = [];
    const open = async () => {
      said.push('open');
      return {
        write: async () => {
          const error = errors.shift() ?? null;
          if (error !== null) throw error;
          said.push('commit');
        },
        close: async () => void said.push('close'),
      };
    };
    return { said, writer: await openRedriveWriter(open, async () => void said.push('up to date')) };
  }
  const protocolError = (type: string) => Object.assign(new Error(type), { type });

  test('for what is in it, then a new writer goes on, once it knows what was committed meanwhile', async () => {
    const { said, writer } = await writerOf([protocolError('MESSAGE_TOO_LARGE')]);
    expect(await writer.write([])).toBe('message-too-large');
    expect(await writer.write([])).toBeNull();
    expect(said).toEqual(['open', 'up to date', 'close', 'open', 'up to date', 'commit']);
  });

  test.each(['INVALID_PRODUCER_EPOCH', 'TOPIC_AUTHORIZATION_FAILED', 'NOT_COORDINATOR_FOR_GROUP'])(
    'and says %s, then the run ends: nobody knows, or no record is to blame',
    async (type) => {
      const { said, writer } = await writerOf([protocolError(type)]);
      await expect(writer.write([])).rejects.toThrow(type);
      expect(said).toEqual(['open', 'up to date']);
    },
  );
});

test('When a run has ended, then it tells counts by reason, the place of each failure, and an exit code', () => {
  const report = {
    topic: 'vxt.unrecognised-webhooks',
    published: { callLogs: 3 },
    redrivenBefore: 2,
    unrecognised: { 'unknown-event': 4 },
    failed: [
      { place: { partition: 1, offset: 5 }, reason: 'not-json' },
      { place: { partition: 0, offset: 7 }, reason: 'message-too-large' },
    ],
  };
  expect(linesOf(report, false)).toEqual([
    'published 3 to callLogs',
    'published by earlier runs: 2',
    'still not recognised (unknown-event): 4',
    'could not be redriven (not-json): 1',
    'could not be redriven (message-too-large): 1',
    '  vxt.unrecognised-webhooks/1/5: not-json',
    '  vxt.unrecognised-webhooks/0/7: message-too-large',
  ]);
  expect(exitCodeOf(report)).toBe(2);
  expect(exitCodeOf({ ...report, failed: [] })).toBe(0);
  expect(linesOf({ ...report, published: {}, failed: [] }, true)[0]).toBe('nothing to publish');
});

import { describe, expect, test } from '@jest/globals';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';
import { call, voicemail } from './events.ts';
import { inMemory, RULES, TOPICS } from './projection-in-memory.ts';

const partition = createPartitionOfKey(RULES.partitions)('u-1');
const LOG_TIME = Date.UTC(2026, 10, 22, 13);

const wire = (schemaId: number, body: string): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, 0, schemaId]), Buffer.from(body, 'latin1')]);

describe('When a record in the middle of a partition cannot be counted', () => {
  test.each([
    ['is not in the wire format', Buffer.from('{"event":"callLog"}'), 'not-wire-format'],
    ['is empty', Buffer.alloc(0), 'not-wire-format'],
    ['names a schema the registry does not know', wire(99, 'x'), 'unknown-schema-id'],
    ['is cut off', wire(1, '\x06'), 'corrupt-avro'],
    ['has no value', null, 'no-value'],
  ])(
    'because it %s, then it is dead-lettered once with its place, and all others are counted',
    async (_why, value, reason) => {
      const { driver, pipe, totals, counts } = await inMemory();
      pipe(call({ id: 'c-1' }), LOG_TIME);
      driver.pipe({
        topic: TOPICS.callLogs,
        partition,
        key: 'u-1',
        value,
        timestampMs: LOG_TIME,
        headers: { traceparent: 'kept' },
      });
      pipe(call({ id: 'c-2' }), LOG_TIME);

      await driver.deliver(TOPICS.callLogs, partition, 3);
      await driver.commit(partition, 'failed');
      await driver.deliver(TOPICS.callLogs, partition, 2);
      await driver.commit(partition, 'unknown-committed');
      await driver.drain();

      expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
      expect(counts('dead_letter')).toBeLessThanOrEqual(1);
      const letters = driver.records(TOPICS.deadLetters);
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        partition,
        key: 'u-1',
        value: value ?? Buffer.alloc(0),
        headers: { topic: TOPICS.callLogs, partition: String(partition), offset: '1', reason, traceparent: 'kept' },
      });
    },
  );

  test('because bytes follow its value, then it is dead-lettered, as nobody knows what they mean', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'c-1' }), LOG_TIME);
    const [{ value } = { value: null }] = driver.records(TOPICS.callLogs);
    const longer = Buffer.concat([value ?? Buffer.alloc(0), Buffer.from([0])]);
    driver.pipe({ topic: TOPICS.callLogs, partition, key: 'u-1', value: longer, timestampMs: LOG_TIME });

    await driver.drain();

    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(1);
    expect(driver.records(TOPICS.deadLetters).map(({ headers }) => headers.reason)).toEqual(['corrupt-avro']);
  });

  test('because it is in a partition that its subject does not belong to, then it is dead-lettered, as it would split a total', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call(), LOG_TIME);
    const [record] = driver.records(TOPICS.callLogs);
    driver.pipe({
      topic: TOPICS.callLogs,
      partition: 1 - partition,
      key: 'u-1',
      value: record?.value ?? null,
      timestampMs: LOG_TIME,
    });

    await driver.drain();

    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(1);
    expect(driver.records(TOPICS.deadLetters).map(({ headers }) => headers.reason)).toEqual(['wrong-partition']);
  });
});

describe('When a record cannot be counted for what it holds', () => {
  const LONG = 'x'.repeat(257);
  const user = (uid: string, email = 'u@example.com') => ({ type: 'user' as const, uid, email });

  test.each([
    ['an id', { id: LONG }],
    ['a uid', { user: user(LONG) }],
    ['a number', { user: null, phoneNumberE164: LONG }],
    ['a number beside a user', { phoneNumberE164: LONG }],
    ['a uid of 600,000 units', { user: user('u'.repeat(600_000)) }],
  ])('because %s of it is longer than any is, then it is dead-lettered', async (_what, given) => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'long', ...given }), LOG_TIME);
    pipe(call({ id: 'c-2' }), LOG_TIME);
    await driver.drain();
    expect([...(await totals()).keys()]).toEqual(['user/u-1/lifetime', 'user/u-1/2026-11-22']);
    expect(driver.records(TOPICS.deadLetters).map(({ headers }) => headers.reason)).toEqual(['identifier-too-long']);
  });

  test('then identifiers of 256 units are counted', async () => {
    const { driver, pipe, totals } = await inMemory();
    const longest = LONG.slice(1);
    pipe(call({ id: longest, user: user(longest), phoneNumberE164: longest }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get(`user/${longest}/lifetime`)?.inbound.missed).toBe(1);
  });

  test('then an e-mail address that is longer than any is counts, and is not kept', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'a', user: user('u-1', `${'e'.repeat(2_000_000)}@example.com`) }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')).toMatchObject({ userEmail: null, inbound: { missed: 1 } });
    pipe(call({ id: 'b' }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.userEmail).toEqual({ string: 'u-1@example.com' });
  });

  test('because its batch cannot be read, then the batch is dead-lettered as one, and nobody asks the registry about it', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'c-1' }), LOG_TIME);
    const unreadable = { firstOffset: 1, records: 5, problem: 'broken' };
    const bytes = wire(99, 'looks like a value');
    driver.pipe({ topic: TOPICS.callLogs, partition, key: null, value: bytes, timestampMs: LOG_TIME, unreadable });
    pipe(call({ id: 'c-2' }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
    expect(driver.records(TOPICS.deadLetters)).toMatchObject([
      { value: bytes, headers: { reason: 'unreadable-batch', offset: '1', records: '5' } },
    ]);
  });

  test('and it is too large for the dead letters, then its place, its reason and its hash are kept', async () => {
    const { driver, pipe, totals } = await inMemory({}, { maxDeadLetterBytes: 10_000 });
    pipe(call({ id: 'c-1' }), LOG_TIME);
    driver.pipe({ topic: TOPICS.callLogs, partition, key: 'k', value: Buffer.alloc(10_000, 7), timestampMs: LOG_TIME });
    pipe(call({ id: 'c-2' }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
    expect(driver.records(TOPICS.deadLetters)).toMatchObject([
      { key: 'k', value: Buffer.alloc(0), headers: { offset: '1', reason: 'not-wire-format', 'value-bytes': '10000' } },
    ]);
  });
});

describe('When an event comes again', () => {
  test('with the same content, then it is a duplicate; with other content, a conflict: the first one counts', async () => {
    const { driver, pipe, totals, counts } = await inMemory();
    pipe(voicemail({ duration: 1_000 }), LOG_TIME);
    pipe(voicemail({ duration: 1_000 }), LOG_TIME + 1);
    pipe(voicemail({ duration: 2_000 }), LOG_TIME + 2);

    await driver.drain();

    expect((await totals()).get('user/u-1/lifetime')).toMatchObject({ voicemails: 1, voicemailMs: 1_000 });
    expect([counts('applied'), counts('duplicate'), counts('conflict')]).toEqual([1, 1, 1]);
  });

  test('under the id of an event of the other kind, or of another subject, then each counts', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'same' }), LOG_TIME);
    pipe(voicemail({ id: 'same' }), LOG_TIME);
    pipe(call({ id: 'same', user: { type: 'user', uid: 'u-2', email: 'u-2@example.com' } }), LOG_TIME);

    await driver.drain();

    const table = await totals();
    expect(table.get('user/u-1/lifetime')).toMatchObject({ voicemails: 1, inbound: { missed: 1 } });
    expect(table.get('user/u-2/lifetime')).toMatchObject({ inbound: { missed: 1 } });
  });

  test('after a restart, then it is still known', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call(), LOG_TIME);
    await driver.drain();
    await driver.crash();
    pipe(call(), LOG_TIME + 1);
    await driver.drain();

    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(1);
  });
});

describe('When an event has no user', () => {
  test('then it counts under its number; without a number under unassigned, once per partition', async () => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'a', user: null }), LOG_TIME);
    pipe(call({ id: 'b', user: { type: 'robot' } }), LOG_TIME);
    for (let index = 0; index < 20; index += 1)
      pipe(call({ id: `n-${index}`, user: null, phoneNumberE164: null }), LOG_TIME);

    await driver.drain();

    const table = await totals();
    expect(table.get('number/+6495550100/lifetime')).toMatchObject({ userEmail: null, inbound: { missed: 2 } });
    const unassigned = [0, 1].map((number) => table.get(`unassigned/${number}/lifetime`)?.inbound.missed ?? 0);
    expect(unassigned.reduce((a, b) => a + b)).toBe(20);
    expect(Math.min(...unassigned)).toBeGreaterThan(0);
  });
});

test.each([2 ** 63, -(2 ** 63), 2 ** 53, -1, Number.NaN])(
  'When a record’s log time is %d, which none can be, then it counts at the time its partition has come to, and no horizon moves',
  async (timestampMs) => {
    const { driver, pipe, totals } = await inMemory();
    pipe(call({ id: 'c-1' }), LOG_TIME);
    pipe(call({ id: 'c-2' }), timestampMs);
    pipe(call({ id: 'c-1' }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
    expect(driver.records(TOPICS.deadLetters)).toEqual([]);
  },
);

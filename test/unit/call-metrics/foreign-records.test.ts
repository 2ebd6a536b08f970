import { describe, expect, test } from '@jest/globals';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';
import { call, voicemail } from './events.ts';
import { inMemory, RULES, TOPICS } from './projection-in-memory.ts';

const partition = createPartitionOfKey(RULES.partitions)('u-1');
const LOG_TIME = Date.UTC(2026, 10, 22, 13);
const KEY = 'user/u-1/lifetime';
const OWN = String(partition);

/** One call of u-1 that is counted and committed; then what a test writes into the own topics, by another writer or as a task would. */
async function givenOneCall() {
  const memory = await inMemory();
  const { driver, pipe, codecs } = memory;
  pipe(call({ id: 'c-1' }), LOG_TIME);
  await driver.drain();
  const newest = (topic: string) =>
    driver.records(topic).findLast(({ key }) => topic !== TOPICS.table || key === KEY)?.value ?? null;
  const put = (topic: string, key: string | null, value: Buffer | null, transactional: boolean): void =>
    driver.pipe({ topic, partition, key, value, timestampMs: LOG_TIME, transactional });
  const [row, state, seen] = [TOPICS.table, TOPICS.state, TOPICS.seen].map(newest);
  await codecs.state.reader.learn(state ? [state] : []);
  const decoded = codecs.state.reader.decode(state ?? Buffer.alloc(0));
  if (!decoded.ok || !row || !state || !seen) throw new Error('Nothing was committed');
  const missed = async () => (await memory.totals()).get(KEY)?.inbound.missed;
  return { ...memory, put, row, state, seen, stateNow: decoded.value, missed };
}
const cutOff = (value: Buffer) => value.subarray(0, value.length - 3);
const cases: readonly (readonly [string, (value: Buffer) => Buffer | null])[] = [
  ['text', () => Buffer.from('{"a":1}')],
  ['nothing', () => null],
  ['an empty value', () => Buffer.alloc(0)],
  ['a value that is cut off', cutOff],
  ['a value under a schema nobody knows', (value) => Buffer.concat([Buffer.from([0, 0, 0, 3, 9]), value.subarray(5)])],
  ['a copy of its own record', (value) => value],
];

describe.each([
  ['the table', TOPICS.table, KEY, 'row'],
  ['the states', TOPICS.state, OWN, 'state'],
  ['the seen ids', TOPICS.seen, OWN, 'seen'],
] as const)('When another writer puts records into %s', (_what, topic, key, own) => {
  test.each(cases)(
    'such as %s, then it is left out and told, and all is counted on, after a crash too',
    async (_of, make) => {
      const given = await givenOneCall();
      given.put(topic, key, make(given[own]), false);
      given.put(topic, null, make(given[own]), false);
      given.put(topic, 'no/such/key', make(given[own]), false);
      const from = given.driver.records(topic).length - 3;
      const expected = [0, 1, 2].map((index) => `${topic}/${from + index} not-transactional`);
      for (let round = 2; round < 5; round += 1) {
        given.leftOut.length = 0;
        await given.driver.crash();
        expect(given.leftOut).toEqual(expected);
        given.pipe(call({ id: `c-${round}` }), LOG_TIME);
        given.pipe(call({ id: 'c-1' }), LOG_TIME);
        await given.driver.drain();
        expect(await given.missed()).toBe(round);
      }
    },
  );
});

describe('When a total is covered by a record of another writer', () => {
  test('then it is written again with the next transaction, once, or the log cleaner would leave only the other', async () => {
    const { driver, put, pipe, row, missed } = await givenOneCall();
    put(TOPICS.table, KEY, null, false);
    await driver.crash();
    pipe(
      voicemail({ user: { type: 'user', uid: 'u-1', email: 'u-1@example.com' }, id: 'late', timestamp: 0 }),
      LOG_TIME,
    );
    const before = driver.records(TOPICS.table).length;
    await driver.drain();
    expect(
      driver
        .records(TOPICS.table)
        .slice(before)
        .map(({ key }) => key),
    ).toContain(KEY);
    expect(await missed()).toBe(1);

    put(TOPICS.table, 'user/u-1/2026-11-22', Buffer.from('garbage'), false);
    await driver.crash();
    const day = driver.records(TOPICS.table).filter(({ key }) => key === 'user/u-1/2026-11-22').length;
    for (const id of ['x', 'y']) {
      pipe(voicemail({ id, timestamp: 0 }), LOG_TIME);
      await driver.drain();
    }
    const days = driver.records(TOPICS.table).filter(({ key }) => key === 'user/u-1/2026-11-22');
    expect(days).toHaveLength(day + 1);
    expect(days.at(-1)?.value).not.toEqual(Buffer.from('garbage'));
    expect(row).toBeInstanceOf(Buffer);
  });
});

describe('When a record in a transaction cannot be a task’s', () => {
  test.each([
    ['no key', TOPICS.table, null, 'row', 'wrong-key'],
    ['another key than its totals have', TOPICS.table, 'user/u-2/lifetime', 'row', 'wrong-key'],
    ['a key of no form', TOPICS.table, 'u-1', 'row', 'wrong-key'],
    ['the key of another partition', TOPICS.state, String(1 - partition), 'state', 'wrong-key'],
    ['the key of another partition', TOPICS.seen, String(1 - partition), 'seen', 'wrong-key'],
  ] as const)('as it has %s in %s, then it is left out', async (_what, topic, key, own, reason) => {
    const given = await givenOneCall();
    given.put(topic, key, given[own], true);
    await given.driver.crash();
    expect(given.leftOut).toEqual([expect.stringContaining(reason)]);
    given.pipe(call({ id: 'c-2' }), LOG_TIME);
    await given.driver.drain();
    expect(await given.missed()).toBe(2);
  });

  test('as its subject belongs to another partition, then it is left out', async () => {
    const { driver, row, leftOut } = await givenOneCall();
    driver.pipe({ topic: TOPICS.table, partition: 1 - partition, key: KEY, value: row, timestampMs: LOG_TIME });
    await driver.crash();
    expect(leftOut).toEqual([expect.stringContaining('wrong-partition')]);
  });
});

test('Records of other topics, such as the dead letters that a rebuild hands over, are none of its business', async () => {
  const { create, leftOut } = await givenOneCall();
  const projection = await create();
  const value = Buffer.from([0, 0, 0, 4, 7, 1]);
  await projection.readBack([{ topic: TOPICS.deadLetters, partition, offset: 0, key: OWN, value }]);
  expect(projection.open(partition, {}).positions).toMatchObject({ [TOPICS.callLogs]: 0 });
  expect(leftOut).toEqual([]);
});

describe('When a record may be a task’s and cannot be read', () => {
  test.each([
    ['the table', TOPICS.table, KEY, 'row'],
    ['the states', TOPICS.state, OWN, 'state'],
    ['the seen ids', TOPICS.seen, OWN, 'seen'],
  ] as const)(
    'in %s, then its partition does not go on, as its totals would be wrong; the other one does',
    async (_what, topic, key, own) => {
      const given = await givenOneCall();
      given.put(topic, key, cutOff(given[own]), true);
      const projection = await given.create();
      await projection.readBack(
        [TOPICS.table, TOPICS.state, TOPICS.seen].flatMap((of) =>
          given.driver.records(of).map((record) => ({ ...record, key: record.key ?? '' })),
        ),
      );
      expect(() => projection.open(partition, {})).toThrow(/corrupt-avro.*npm run rebuild/);
      expect(() => projection.open(partition, {})).toThrow(expect.objectContaining({ name: 'StoppedError' }));
      expect(projection.open(1 - partition, {}).positions).toEqual({ [TOPICS.callLogs]: 0, [TOPICS.voicemails]: 0 });

      // A rebuild writes the totals, and the state under the next generation.
      const state = given.codecs.state.writer.encode({ ...given.stateNow, generation: 1 });
      await projection.readBack([
        { topic: TOPICS.table, partition, offset: 90, key: KEY, value: given.row },
        { topic: TOPICS.state, partition, offset: 90, key: OWN, value: state },
      ]);
      expect(projection.open(partition, {}).positions).toMatchObject({ [TOPICS.callLogs]: 1 });
    },
  );

  test('or there are totals without a state, then its partition does not go on: it would count everything again', async () => {
    const { driver, create } = await givenOneCall();
    const projection = await create();
    await projection.readBack(driver.records(TOPICS.table).map((record) => ({ ...record, key: record.key ?? '' })));
    expect(() => projection.open(partition, {})).toThrow(/no state/);
  });
});

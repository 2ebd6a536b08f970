import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { type BrokerWatch, watchBrokers } from '../../../services/shared/kafka/broker-watch.ts';
import type { LogFields } from '../../../services/shared/observability/logger.ts';
import { createTimers, type Timers } from '../../support/timers.ts';

type Behaviour = 'answers' | 'hangs' | 'hangs at connect' | 'is refused' | 'is denied';

let behaviour: Behaviour;
let lines: (readonly [level: string, event: string, fields: LogFields])[];
let timers: Timers;
let clients: { severed: boolean }[];
let watch: BrokerWatch;

const never = new Promise<never>(() => undefined);

/** What a client of kafkajs does while the broker behaves so; it never times out by itself, as with the wall clock set back. */
function client() {
  const state = { severed: false };
  clients.push(state);
  const admin = {
    connect: async () => {
      if (behaviour === 'is refused') throw Object.assign(new Error('Connection error'), { code: 'ECONNREFUSED' });
      if (behaviour === 'hangs at connect') await never;
    },
    describeCluster: async () => {
      if (behaviour === 'is denied') throw Object.assign(new Error('Denied'), { type: 'CLUSTER_AUTHORIZATION_FAILED' });
      if (behaviour === 'hangs') await never;
    },
  };
  const sever = () => {
    state.severed = true;
  };
  return { kafka: { admin: () => admin } as unknown as Kafka, sever };
}

/** Lets time pass in small steps, as promises settle between timers. */
async function pass(seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 10; step += 1) {
    timers.pass(100);
    await nextTurn();
  }
}

beforeEach(() => {
  behaviour = 'answers';
  lines = [];
  clients = [];
  timers = createTimers();
  watch = watchBrokers({
    createClient: client,
    logger: {
      info: (event, fields = {}) => lines.push(['info', event, fields]),
      warn: (event, fields = {}) => lines.push(['warn', event, fields]),
    },
    nowMs: timers.nowMs,
    later: timers.later,
  });
});

test('When a broker answers, then it is asked every 3 s over one connection, and nothing is logged', async () => {
  expect(watch.answeredAgoMs()).toBeNull();
  await pass(60);
  expect(watch.answeredAgoMs()).toBeLessThanOrEqual(3_200);
  expect(clients).toHaveLength(1);
  expect(lines).toEqual([]);
});

const durationOf = (line: (typeof lines)[number] | undefined): number => Number(line?.[2].durationMs);

test.each<Behaviour>(['hangs', 'hangs at connect', 'is refused'])(
  'When the broker %s from the start, for nine minutes, then one line says so after about 10 s, and one that it answers',
  async (how) => {
    behaviour = how;
    await pass(5);
    expect(lines).toEqual([]);
    await pass(535);
    expect(lines).toEqual([['warn', 'kafka-unreachable', expect.objectContaining({ problem: expect.any(String) })]]);
    expect(durationOf(lines[0])).toBeGreaterThanOrEqual(7_000);
    expect(durationOf(lines[0])).toBeLessThanOrEqual(15_000);
    expect(watch.answeredAgoMs()).toBeNull();
    behaviour = 'answers';
    await pass(10);
    expect(lines.slice(1)).toEqual([['info', 'kafka-answers-again', { durationMs: expect.any(Number) }]]);
    expect(durationOf(lines[1])).toBeGreaterThanOrEqual(540_000);
    expect(watch.answeredAgoMs()).toBeLessThanOrEqual(3_200);
  },
);

test('When the client never times out, as after the clock was set back, then it is cut off and another one asks', async () => {
  await pass(10);
  behaviour = 'hangs';
  await pass(6.5);
  expect(clients[0]?.severed).toBe(true);
  behaviour = 'answers';
  await pass(6);
  expect(clients.at(-1)?.severed).toBe(false);
  expect(watch.answeredAgoMs()).toBeLessThanOrEqual(3_200);
  expect(lines).toEqual([]);
});

test('When the broker denies the question, then it has answered', async () => {
  behaviour = 'is denied';
  await pass(60);
  expect(watch.answeredAgoMs()).toBeLessThanOrEqual(3_200);
  expect(clients).toHaveLength(1);
  expect(lines).toEqual([]);
});

test('When this process itself stood still for a minute, then Kafka is not blamed', async () => {
  await pass(10);
  behaviour = 'hangs';
  await pass(3);
  timers.standStill(60_000);
  behaviour = 'answers';
  await pass(6);
  expect(lines).toEqual([]);
  expect(watch.answeredAgoMs()).toBeLessThanOrEqual(3_200);
});

test('When it is stopped while it asks, then the connection is cut and nothing more is said', async () => {
  behaviour = 'hangs';
  await pass(2);
  await watch.stop();
  expect(clients.every(({ severed }) => severed)).toBe(true);
  await pass(60);
  expect(lines).toEqual([]);
  expect(clients).toHaveLength(1);
});

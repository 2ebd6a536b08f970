import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Kafka, Message, ProducerBatch } from 'kafkajs';
import { useOwnProduceAnswers } from '../../../../services/shared/kafka/kafkajs-patches/produce/use-own-produce-answers.ts';
import { createLane, type Lane } from '../../../../services/shared/kafka/publisher/lane.ts';
import { eventually } from '../../../support/eventually.ts';

useOwnProduceAnswers();
const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests');

const TOPIC_AUTHORIZATION_FAILED = 29;
const MESSAGE_TOO_LARGE = 10;
const NOT_LEADER = 6;

/** What a broker does with a request: an error code for a partition, or (null) no response. */
type Broker = (partition: number, messages: readonly Message[]) => number | null;

let lane: Lane;
afterEach(() => lane.close());

/** A lane whose broker takes everything, unless the test says otherwise. */
function given({
  broker = () => 0,
  connect = async () => undefined,
}: {
  broker?: Broker;
  connect?: () => Promise<void>;
} = {}) {
  const did: string[] = [];
  const sent: string[] = [];
  let gate: Promise<void> = Promise.resolve();
  let clients = 0;
  const sendBatch = async ({ topicMessages = [] }: ProducerBatch) => {
    const messages = topicMessages.flatMap((one) => one.messages);
    sent.push(messages.map(({ value }) => String(value)).join(' '));
    const partitions = [...Map.groupBy(messages, ({ partition = 0 }) => partition)].map(([partition, some]) => ({
      ...{ partition, messages: some, firstSequence: 0 },
    }));
    const topicData = [{ topic: 't', partitions }];
    const { response } = requests.Produce.protocol({ version: 7 })({ acks: -1, timeout: 1, compression: 0, topicData });
    await gate;
    const codes = partitions.map(({ partition, messages: some }) => ({
      partition,
      errorCode: broker(partition, some),
    }));
    const answered = codes.filter(({ errorCode }) => errorCode !== null);
    await response.parse({ topics: [{ topicName: 't', partitions: answered }] });
    if (answered.length < codes.length) throw new Error('no response');
  };
  const createClient = () => {
    clients += 1;
    const producer = { connect, disconnect: async () => undefined, sendBatch };
    return { kafka: { producer: () => producer } as unknown as Kafka, sever: () => undefined };
  };
  lane = createLane({
    createClient,
    topic: 't',
    explain: (error) => error,
    now: () => performance.now(),
    batchRecords: 3,
    batchBytes: 10_000,
    ackTimeoutMs: 1_000,
    connectWithinMs: 5_000,
    sendWithinMs: 5_000,
    observer: {
      sent: (records) => did.push(`sent ${records}`),
      resent: (records) => did.push(`resent ${records}`),
      renewed: (error) => did.push(`renewed ${error instanceof Error ? error.message : error}`),
      refused: ({ partition, errorType }) => did.push(`refused ${partition} ${errorType}`),
    },
  });
  const publish = (name: string, partition = 0, withinMs = 10_000) =>
    lane.publish(
      { topic: 't', partition, key: 'k', value: Buffer.from(name), headers: {} },
      performance.now() + withinMs,
    );
  const holdSends = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  return { did, sent, publish, holdSends, clients: () => clients };
}

describe('A lane', () => {
  test('when records arrive while a request is in flight, then they wait and are batched, in order, within the limit', async () => {
    const { publish, sent, holdSends, did, clients } = given();
    await lane.connected;
    const release = holdSends();
    const first = publish('a');
    await eventually(() => sent.length === 1);
    const outcomes = [first, ...['b', 'c', 'd', 'e'].map((name) => publish(name))];
    release();
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill('durable'));
    expect(sent).toEqual(['a', 'b c d', 'e']);
    expect(did).toEqual(['sent 1', 'sent 3', 'sent 1']);
    expect([clients(), lane.isUp()]).toEqual([1, true]);
  });

  test('when the broker refuses one partition, then only its records are refused, and the producer is replaced', async () => {
    const { publish, did, clients } = given({
      broker: (partition) => (partition === 1 ? TOPIC_AUTHORIZATION_FAILED : 0),
    });
    await lane.connected;
    const outcomes = [publish('a', 0), publish('b', 1), publish('c', 0)];
    expect(await Promise.all(outcomes)).toEqual(['durable', 'refused', 'durable']);
    expect(await publish('d', 1)).toBe('refused');
    expect(await publish('e', 0)).toBe('durable');
    expect(did).toEqual([
      ...['refused 1 TOPIC_AUTHORIZATION_FAILED', 'sent 2'],
      ...['renewed Kafka did not take records of t/1: TOPIC_AUTHORIZATION_FAILED', 'sent 1'],
    ]);
    expect(clients()).toBe(2);
  });

  test('when a response is lost, then the records are sent once more on a new producer, and then their outcome is unknown', async () => {
    const { publish, sent, did, clients } = given({ broker: () => null });
    expect(await publish('a')).toBe('unknown');
    expect(sent).toEqual(['a', 'a']);
    expect(did).toEqual(['renewed no response', 'resent 1', 'renewed no response']);
    await eventually(() => clients() >= 3);
  });

  test('when only one response is lost, then the records are sent again in order, before later ones', async () => {
    let lost = 0;
    const { publish, sent, did, holdSends } = given({ broker: () => (lost++ === 0 ? null : 0) });
    await lane.connected;
    const release = holdSends();
    const first = [publish('a'), publish('b')];
    await eventually(() => sent.length === 1);
    const outcomes = [...first, publish('c'), publish('d')];
    release();
    expect(await Promise.all(outcomes)).toEqual(Array(4).fill('durable'));
    expect(sent).toEqual(['a b', 'a b c', 'd']);
    expect(did).toEqual(['renewed no response', 'resent 2', 'sent 3', 'sent 1']);
  });

  test('when a batch is too large, then each of its records is sent alone, and only the one that is too large is refused', async () => {
    const isLarge = (messages: readonly Message[]) => messages.length > 1 || String(messages[0]?.value) === 'large';
    const { publish, sent } = given({
      broker: (_p, messages) => (isLarge(messages) ? MESSAGE_TOO_LARGE : 0),
    });
    await lane.connected;
    const outcomes = [publish('a'), publish('large'), publish('c')];
    expect(await Promise.all(outcomes)).toEqual(['durable', 'too-large', 'durable']);
    expect(sent).toEqual(['a large c', 'a', 'large', 'c']);
  });

  test('when the leader moves, then the partition pauses and goes on in order while another is sent', async () => {
    let moved = 1;
    const { publish, sent } = given({ broker: (partition) => (partition === 0 && moved-- > 0 ? NOT_LEADER : 0) });
    await lane.connected;
    const outcomes = [publish('a', 0), publish('b', 1), publish('c', 0)];
    expect(await Promise.all(outcomes)).toEqual(['durable', 'durable', 'durable']);
    expect(sent).toEqual(['a b c', 'a c']);
  });

  test('when no broker takes the connection, then records are unavailable at once until one does, and one line says so', async () => {
    let up = false;
    const { publish, did } = given({
      connect: async () => {
        if (!up) throw new Error('refused');
      },
    });
    await eventually(() => did.length === 1);
    expect(await publish('a')).toBe('unavailable');
    expect([lane.isUp(), did]).toEqual([false, ['renewed refused']]);
    up = true;
    await lane.connected;
    expect([lane.isUp(), await publish('a')]).toEqual([true, 'durable']);
    expect(did).toEqual(['renewed refused', 'sent 1']);
  });

  test('when a deadline passes, then what is in flight is unknown and what waits is unavailable, but only in that partition', async () => {
    const { publish, holdSends, sent } = given();
    await lane.connected;
    const release = holdSends();
    const first = publish('a', 0, 300);
    await eventually(() => sent.length === 1);
    const outcomes = [first, publish('b', 0), publish('c', 1)];
    expect(await Promise.all(outcomes.slice(0, 2))).toEqual(['unknown', 'unavailable']);
    release();
    expect(await outcomes[2]).toBe('durable');
    expect(sent).toEqual(['a', 'c']);
  });

  test('when a caller gives up a partition, then its records are answered at once', async () => {
    const { publish, holdSends, sent } = given();
    await lane.connected;
    const release = holdSends();
    const first = publish('a', 0);
    await eventually(() => sent.length === 1);
    const outcomes = [first, publish('b', 0)];
    lane.giveUp('t/0');
    expect(await Promise.all(outcomes)).toEqual(['unknown', 'unavailable']);
    release();
  });

  test('when it closes, then what was given is sent first', async () => {
    const { publish, sent } = given();
    const outcomes = [publish('a'), publish('b')];
    await lane.close();
    expect([await Promise.all(outcomes), sent.join(' ')]).toEqual([['durable', 'durable'], 'a b']);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { Kafka, ProducerBatch } from 'kafkajs';
import { KafkaAccessError } from '../../../../services/shared/kafka/refusals/access.ts';
import { openCopyWriter } from '../../../../services/shared/kafka/transactions/copy-writer.ts';
import { openExclusiveWriter } from '../../../../services/shared/kafka/transactions/exclusive-writer.ts';
import { fence, TransactionLostError } from '../../../../services/shared/kafka/transactions/transactional-writer.ts';
import type { TargetRecord } from '../../../../services/shared/projection/records.ts';

const brokerError = (type: string): Error => Object.assign(new Error(type), { type });

/** A producer that notes each call; its requests and commits do what the test says. */
function fakeKafka({
  begin = () => undefined,
  send = () => undefined,
  commit = () => undefined,
  silentPartitions = [],
}: {
  begin?: (attempt: number) => void;
  send?: (batch: ProducerBatch) => void;
  commit?: () => void;
  silentPartitions?: readonly number[];
} = {}) {
  const calls: string[] = [];
  const batches: ProducerBatch[] = [];
  let begun = 0;
  const transaction = () => {
    const id = begun;
    return {
      sendBatch: async (batch: ProducerBatch) => {
        const sent = (batch.topicMessages ?? []).map(({ topic, messages }) => `${topic}:${messages.length}`);
        calls.push(`send ${id} ${sent.join(' ')}`);
        batches.push(batch);
        send(batch);
        return (batch.topicMessages ?? []).flatMap(({ topic, messages }) =>
          [...new Set(messages.map(({ partition = -1 }) => partition))]
            .filter((partition) => !silentPartitions.includes(partition))
            .map((partition) => ({ topicName: topic, partition, errorCode: 0 })),
        );
      },
      commit: async () => {
        calls.push(`commit ${id}`);
        commit();
      },
      abort: async () => {
        calls.push(`abort ${id}`);
      },
    };
  };
  const producer = {
    connect: async () => {
      calls.push('connect');
    },
    disconnect: async () => {
      calls.push('disconnect');
    },
    transaction: async () => {
      begun += 1;
      calls.push(`begin ${begun}`);
      begin(begun);
      return transaction();
    },
  };
  return { kafka: { producer: () => producer } as unknown as Kafka, calls, batches };
}

const record = (topic: string, bytes = 10): TargetRecord => ({ topic, key: 'k', value: Buffer.alloc(bytes) });
const outgoing = (topic: string, partition = 0) => ({
  ...{ topic, partition, key: 'k', value: Buffer.from('v') },
  headers: { id: '1' },
});
const LARGE = 400 * 1024;

describe('The writer of a task', () => {
  test('when it opens, then the first transaction fences, and the first commit uses it', async () => {
    const { kafka, calls } = fakeKafka();
    const writer = await fence(kafka, 'tx-3', 3);
    await writer.commit([record('state')]);
    await writer.commit([record('state')]);
    await writer.discard();
    expect(calls).toEqual([
      ...['connect', 'begin 1', 'send 1 state:1', 'commit 1', 'begin 2', 'send 2 state:1', 'commit 2', 'disconnect'],
    ]);
  });

  test('when the coordinator is still aborting the previous transaction, then it tries again', async () => {
    const { kafka, calls } = fakeKafka({
      begin: (attempt) => {
        if (attempt < 3) throw brokerError('CONCURRENT_TRANSACTIONS');
      },
    });
    await fence(kafka, 'tx-3', 3);
    expect(calls).toEqual(['connect', 'begin 1', 'begin 2', 'begin 3']);
  });

  test('when it cannot fence, then it disconnects and rejects', async () => {
    const { kafka, calls } = fakeKafka({
      begin: () => {
        throw new Error('no coordinator');
      },
    });
    await expect(fence(kafka, 'tx-3', 3)).rejects.toThrow('no coordinator');
    expect(calls).toEqual(['connect', 'begin 1', 'disconnect']);
  });

  test('when records are more than a batch holds, then they go to its partition in order, in chunks', async () => {
    const { kafka, calls, batches } = fakeKafka();
    const writer = await fence(kafka, 'tx-3', 3);
    await writer.commit([record('seen', LARGE), record('seen', LARGE), record('state'), record('table')]);
    expect(calls.slice(2)).toEqual(['send 1 seen:1', 'send 1 seen:1 state:1 table:1', 'commit 1']);
    const messages = batches.flatMap(({ topicMessages = [] }) => topicMessages.flatMap((one) => one.messages));
    expect(new Set(messages.map(({ partition }) => partition))).toEqual(new Set([3]));
    expect(messages.every(({ timestamp }) => timestamp === undefined)).toBe(true);
    expect(batches.every(({ acks }) => acks === -1)).toBe(true);
  });

  test('when the proof rejects, then nothing is committed and the transaction is lost', async () => {
    const { kafka, calls } = fakeKafka();
    const writer = await fence(kafka, 'tx-3', 3);
    const commit = writer.commit([record('state')], () => Promise.reject(new Error('another topic')));
    await expect(commit).rejects.toBeInstanceOf(TransactionLostError);
    expect(calls.slice(2)).toEqual(['send 1 state:1']);
  });

  test('when the response to a commit is lost, then the transaction is lost, and only a fenced writer reports that it was fenced', async () => {
    for (const [error, fenced] of [
      [new Error('no answer'), false],
      [brokerError('PRODUCER_FENCED'), true],
      [brokerError('INVALID_PRODUCER_EPOCH'), true],
    ] as const) {
      const { kafka } = fakeKafka({
        commit: () => {
          throw error;
        },
      });
      const writer = await fence(kafka, 'tx-3', 3);
      await expect(writer.commit([record('state')])).rejects.toMatchObject({ name: 'TransactionLostError', fenced });
    }
  });

  test('when the response leaves a partition out, then nothing is committed', async () => {
    const { kafka, calls } = fakeKafka({ silentPartitions: [3] });
    const writer = await fence(kafka, 'tx-3', 3);
    await expect(writer.commit([record('state')])).rejects.toThrow('No acknowledgement for state/3');
    expect(calls).not.toContain('commit 1');
  });

  test('when making a part fails, then the transaction is aborted and the error is rethrown unchanged', async () => {
    const { kafka, calls } = fakeKafka();
    const writer = await fence(kafka, 'tx-3', 3);
    const parts = async function* () {
      yield [record('seen')];
      throw new Error('rebuilt by somebody else');
    };
    await expect(writer.commitParts(parts())).rejects.toThrow(/^rebuilt by somebody else$/);
    expect(calls.slice(2)).toEqual(['send 1 seen:1', 'abort 1']);
  });

  test('when a part is refused, then the transaction is lost and not aborted', async () => {
    const { kafka, calls } = fakeKafka({
      send: () => {
        throw brokerError('MESSAGE_TOO_LARGE');
      },
    });
    const writer = await fence(kafka, 'tx-3', 3);
    const parts = async function* () {
      yield [record('seen')];
    };
    await expect(writer.commitParts(parts())).rejects.toBeInstanceOf(TransactionLostError);
    expect(calls.slice(2)).toEqual(['send 1 seen:1']);
  });
});

describe.each([
  ['An exclusive writer', openExclusiveWriter, ['send 2 a:1 b:1', 'abort 2']],
  ['A copy writer', openCopyWriter, ['send 2 a:1 b:1']],
] as const)('%s', (_name, open, afterRefusal) => {
  test('when it opens, then the transaction that fences is aborted, and each write has its own', async () => {
    const { kafka, calls, batches } = fakeKafka();
    const writer = await open(kafka, 'tx');
    await writer.write([outgoing('a', 1), outgoing('b', 2), outgoing('a', 2)]);
    await writer.close();
    expect(calls).toEqual(['connect', 'begin 1', 'abort 1', 'begin 2', 'send 2 a:2 b:1', 'commit 2', 'disconnect']);
    const messages = (batches[0]?.topicMessages ?? []).map(({ messages }) => messages);
    const message = { key: 'k', value: Buffer.from('v'), headers: { id: '1' }, timestamp: '-1' };
    expect(messages).toEqual([
      [
        { ...message, partition: 1 },
        { ...message, partition: 2 },
      ],
      [{ ...message, partition: 2 }],
    ]);
  });

  test('when a record is refused, then nothing is committed and the error says why', async () => {
    const { kafka, calls } = fakeKafka({
      send: () => {
        throw brokerError('MESSAGE_TOO_LARGE');
      },
    });
    const writer = await open(kafka, 'tx');
    await expect(writer.write([outgoing('a'), outgoing('b')])).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
    expect(calls.slice(3)).toEqual(['begin 2', ...afterRefusal]);
  });

  test('when the response leaves a partition out, then nothing is committed', async () => {
    const { kafka, calls } = fakeKafka({ silentPartitions: [2] });
    const writer = await open(kafka, 'tx');
    const write = writer.write([outgoing('a', 1), outgoing('a', 2)]);
    await expect(write).rejects.toThrow('No acknowledgement for a/2');
    expect(calls).not.toContain('commit 2');
  });

  test('when a right is missing on one topic, then each is tried alone before the transaction ends', async () => {
    const { kafka, calls } = fakeKafka({
      send: ({ topicMessages = [] }) => {
        if (topicMessages.some(({ topic }) => topic === 'b')) throw brokerError('TOPIC_AUTHORIZATION_FAILED');
      },
    });
    const writer = await open(kafka, 'tx');
    const write = writer.write([outgoing('a'), outgoing('b')]);
    await expect(write).rejects.not.toBeInstanceOf(KafkaAccessError);
    expect(calls.slice(4, 7)).toEqual(['send 2 a:1 b:1', 'send 2 a:1', 'send 2 b:1']);
  });
});

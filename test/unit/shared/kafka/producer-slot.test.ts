import { expect, test } from '@jest/globals';
import type { Kafka, Message } from 'kafkajs';
import { createProducerSlot } from '../../../../services/shared/kafka/publisher/producer-slot.ts';

/** A slot whose producers do what the test says, and how many of its clients were severed. */
function given(sendBatch: () => Promise<unknown> = async () => []) {
  let severed = 0;
  const producer = { connect: async () => undefined, disconnect: async () => undefined, sendBatch };
  const slot = createProducerSlot({
    createClient: () => ({
      kafka: { producer: () => producer } as unknown as Kafka,
      sever: () => {
        severed += 1;
      },
    }),
    topic: 't',
    ackTimeoutMs: 1_000,
    connectWithinMs: 1_000,
    sendWithinMs: 20,
  });
  return { slot, severed: () => severed };
}

test('When a producer has sent 2^30 records, then it is worn out, and its successor is not', async () => {
  const { slot } = given();
  await slot.connect();
  const many = { length: 2 ** 30 - 1 } as Message[];
  expect([await slot.send(many), slot.isWornOut()]).toEqual([null, false]);
  expect([await slot.send([{ value: 'v' }]), slot.isWornOut()]).toEqual([null, true]);
  await slot.connect();
  expect(slot.isWornOut()).toBe(false);
  await slot.close();
});

test('When a send takes too long, then the connections are cut and the producer is not used again', async () => {
  const { slot, severed } = given(() => new Promise(() => undefined));
  await slot.connect();
  expect(await slot.send([{ value: 'v' }])).toMatchObject({ message: 'Kafka took longer than 20 ms to acknowledge' });
  expect([severed(), slot.isConnected()]).toEqual([1, false]);
  expect(await slot.send([{ value: 'v' }])).toBeInstanceOf(Error);
});

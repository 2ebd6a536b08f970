import type { Message, Producer } from 'kafkajs';
import { boundedRetry } from '../client/bounded-client.ts';
import type { SeverableKafka } from '../client/connection.ts';
import { requestOf } from './to-batch.ts';

/** The limit of records for a producer, well before 2^31, where kafkajs wraps sequence numbers wrongly (shared/kafka/README.md, rule 3). */
const RECORDS_PER_PRODUCER = 2 ** 30;

export type ProducerSlotOptions = Readonly<{
  /** A new client with retries and timeouts bounded below `sendWithinMs`; may throw. */
  createClient: () => SeverableKafka;
  topic: string;
  /** How long the brokers may wait for their replicas, in milliseconds. */
  ackTimeoutMs: number;
  /** After this long, a connect or a send is ended by cutting the connections: kafkajs's own timeouts use the wall clock, which may be set back. */
  connectWithinMs: number;
  sendWithinMs: number;
}>;

/** The one idempotent producer that a lane has at a time. Never call `connect` or `send` while either is pending. */
export type ProducerSlot = Readonly<{
  /** Whether there is a connected producer to send with. */
  isConnected: () => boolean;
  /** Connects a new producer. Resolves to null, or to the error. */
  connect: () => Promise<unknown>;
  /** Sends the messages in one request. Resolves to null, or to the error. `answerTo` returns the broker's answer to each message. */
  send: (messages: Message[]) => Promise<unknown>;
  /** Cuts the producer's connections, so that nothing it still tries reaches a broker. */
  discard: () => void;
  /** Whether the producer must be discarded before its sequence numbers wrap. */
  isWornOut: () => boolean;
  close: () => Promise<void>;
}>;

export function createProducerSlot(options: ProducerSlotOptions): ProducerSlot {
  const { createClient, topic, ackTimeoutMs, connectWithinMs, sendWithinMs } = options;
  let client: (SeverableKafka & { producer: Producer }) | null = null;
  let connected = false;
  let sent = 0;

  const discard = (): void => {
    client?.sever();
    client = null;
    connected = false;
  };
  /** Resolves to null or to the error of `work`, within `withinMs`. By then the work has ended or is cut off. */
  const within = async (withinMs: number, what: string, work: () => Promise<unknown>): Promise<unknown> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Error>((resolve) => {
      timer = setTimeout(() => {
        discard();
        resolve(new Error(`Kafka took longer than ${withinMs} ms to ${what}`));
      }, withinMs);
    });
    const settled = work().then(
      () => null,
      (error: unknown) => error ?? new Error(`Kafka could not ${what}`),
    );
    try {
      return await Promise.race([settled, late]);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    isConnected: () => connected,
    isWornOut: () => sent >= RECORDS_PER_PRODUCER,
    connect: async () => {
      discard();
      const failure = await within(connectWithinMs, 'connect', async () => {
        const created = createClient();
        const producer = created.kafka.producer({
          idempotent: true,
          allowAutoTopicCreation: false,
          retry: boundedRetry,
        });
        client = { ...created, producer };
        await producer.connect();
      });
      connected = failure === null;
      sent = 0;
      if (failure !== null) discard();
      return failure;
    },
    send: (messages) => {
      const { producer } = client ?? {};
      if (producer === undefined) return Promise.resolve(new Error('No producer is connected'));
      sent += messages.length;
      return within(sendWithinMs, 'acknowledge', () =>
        producer.sendBatch(requestOf([{ topic, messages }], ackTimeoutMs)),
      );
    },
    discard,
    close: async () => {
      await within(1_000, 'disconnect', async () => client?.producer.disconnect());
      discard();
    },
  };
}

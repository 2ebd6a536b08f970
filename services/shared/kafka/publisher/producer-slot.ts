import type { Message, Producer } from 'kafkajs';
import type { SeverableKafka } from '../connection.ts';
import { boundedRetry } from './bounded-client.ts';
import { requestOf } from './to-batch.ts';

/** A producer sends at most this many records: kafkajs wraps the sequence of a partition wrongly at 2^31, and its producer ends well before. */
const RECORDS_PER_PRODUCER = 2 ** 30;

export type ProducerSlotOptions = Readonly<{
  /** A new client with its retries and time-outs bounded below `sendWithinMs`; may throw. */
  createClient: () => SeverableKafka;
  topic: string;
  /** How long the brokers may wait for their replicas, in milliseconds. */
  ackTimeoutMs: number;
  /** How long connecting, and a send, may take before the connections are cut: kafkajs's own time-outs rest on the wall clock, which may be set back. */
  connectWithinMs: number;
  sendWithinMs: number;
}>;

/** The one idempotent producer that a lane has at a time. Never call `connect` or `send` while either is under way. */
export type ProducerSlot = Readonly<{
  /** Whether a producer is connected that may be sent with. */
  isConnected: () => boolean;
  /** Connects a new producer. Resolves to null, or to why it could not. */
  connect: () => Promise<unknown>;
  /** Sends the messages in one request. Resolves to null, or to what was thrown; what the brokers said of each message is `answerTo`'s. */
  send: (messages: Message[]) => Promise<unknown>;
  /** Cuts the producer's connections: nothing that it still tries reaches a broker. */
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
  /** What was thrown, or null; not later than `withinMs`, after which nothing of it can happen any more. */
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

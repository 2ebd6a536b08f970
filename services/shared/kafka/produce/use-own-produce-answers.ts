import { createRequire } from 'node:module';
import type { Message } from 'kafkajs';

type PartitionAnswer = Readonly<{ partition: number; errorCode: number }>;
type Answer = Readonly<{ topics: readonly Readonly<{ topicName: string; partitions: readonly PartitionAnswer[] }>[] }>;
type Sent = Readonly<{
  topicData: readonly Readonly<{
    topic: string;
    partitions: readonly Readonly<{ partition: number; messages: readonly Message[] }>[];
  }>[];
}>;
type ProduceRequest = Readonly<{ response: Readonly<{ parse: (answer: Answer) => Promise<Answer> }> }>;
type Protocol = (options: Readonly<{ version: number }>) => (sent: Sent) => ProduceRequest;

/** The parts of kafkajs 2.2.4 this relies on; the version is pinned, and test/integration/publisher-refusals.test.ts would miss every acknowledgement. */
const kafkajs = createRequire(import.meta.url);
const { requests }: { requests: { Produce: { protocol: Protocol } } } = kafkajs('kafkajs/src/protocol/requests');
const { createErrorFromCode }: { createErrorFromCode: (code: number) => Readonly<{ type: string }> } =
  kafkajs('kafkajs/src/protocol/error');

/** The broker's code of error, or what is known before it answers. */
const answers = new WeakMap<Message, number | 'not sent' | 'sent'>();

/** Keeps what the broker will say of this message, for `answerTo`. A request of such messages does not throw for what a broker says of some of them. */
export function keepAnswer(message: Message): Message {
  answers.set(message, 'not sent');
  return message;
}

/**
 * What the broker said of a message whose answer is kept: 'NONE' where it has the message, else its error by Kafka's name
 * (https://kafka.apache.org/protocol#protocol_error_codes); null where it was sent and not answered; 'NOT_SENT' where it never was.
 */
export function answerTo(message: Message): string | null {
  const answer = answers.get(message) ?? 'not sent';
  if (answer === 'not sent') return 'NOT_SENT';
  if (answer === 'sent') return null;
  return answer === 0 ? 'NONE' : createErrorFromCode(answer).type;
}

/** kafkajs tries again what it has the answer to, where another broker failed meanwhile: with new sequence numbers, so that it would be in the log twice. */
class AnsweredBeforeError extends Error {
  override readonly name = 'AnsweredBeforeError';
  readonly retriable = false;
}

let used = false;

/**
 * Teaches kafkajs to keep each partition's own answer to a produce request: by itself it throws the first error and drops the rest, so that one refused partition
 * looks as if the broker had taken none. Requests of other messages than `keepAnswer`'s are parsed as ever.
 */
export function useOwnProduceAnswers(): void {
  if (used) return;
  used = true;
  const { protocol } = requests.Produce;
  const own: Protocol = (options) => {
    const request = protocol(options);
    return (sent) => {
      const asked = request(sent);
      if (!isKept(sent)) return asked;
      begin(sent);
      const parse = async (answer: Answer): Promise<Answer> => {
        keep(sent, answer);
        return answer;
      };
      return { ...asked, response: { ...asked.response, parse } };
    };
  };
  requests.Produce = { ...requests.Produce, protocol: own };
}

const isKept = ({ topicData }: Sent): boolean =>
  topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every((one) => answers.has(one))));

function begin({ topicData }: Sent): void {
  const messages = topicData.flatMap(({ partitions }) => partitions.flatMap((partition) => partition.messages));
  if (messages.some((message) => typeof answers.get(message) === 'number'))
    throw new AnsweredBeforeError('Some of these records were answered before');
  for (const message of messages) answers.set(message, 'sent');
}

function keep({ topicData }: Sent, { topics }: Answer): void {
  const codes = new Map<string, number>();
  for (const { topicName, partitions } of topics)
    for (const { partition, errorCode } of partitions) codes.set(`${topicName}/${partition}`, errorCode);
  for (const { topic, partitions } of topicData) {
    for (const { partition, messages } of partitions) {
      const code = codes.get(`${topic}/${partition}`);
      if (code !== undefined) for (const message of messages) answers.set(message, code);
    }
  }
}

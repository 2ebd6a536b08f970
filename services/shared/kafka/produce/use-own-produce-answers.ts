import { createRequire } from 'node:module';
import type { Message } from 'kafkajs';

type PartitionAnswer = Readonly<{ partition: number; errorCode: number }>;
type Answer = Readonly<{ topics: readonly Readonly<{ topicName: string; partitions: readonly PartitionAnswer[] }>[] }>;
type Sent = Readonly<{
  transactionalId?: string;
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

const answers = new WeakMap<Message, number>();

/**
 * What the broker said of a message that was sent: null where it has not answered, 'NONE' where it has the message, else its error by Kafka's name
 * (https://kafka.apache.org/protocol#protocol_error_codes).
 */
export function answerTo(message: Message): string | null {
  const code = answers.get(message);
  if (code === undefined) return null;
  return code === 0 ? 'NONE' : createErrorFromCode(code).type;
}

let used = false;

/**
 * Makes every producer without transactions of this process keep each partition's own answer (see `answerTo`), and not throw for the first error among them:
 * kafkajs drops the rest, so that one refused partition looks as if the broker had taken none. A transaction is all or nothing anyway, and keeps kafkajs's parser.
 */
export function useOwnProduceAnswers(): void {
  if (used) return;
  used = true;
  const { protocol } = requests.Produce;
  const own: Protocol = (options) => {
    const request = protocol(options);
    return (sent) => {
      const asked = request(sent);
      if (sent.transactionalId !== undefined) return asked;
      const parse = async (answer: Answer): Promise<Answer> => {
        keep(sent, answer);
        return answer;
      };
      return { ...asked, response: { ...asked.response, parse } };
    };
  };
  requests.Produce = { ...requests.Produce, protocol: own };
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

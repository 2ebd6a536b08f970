import type { Admin, Kafka } from 'kafkajs';
import { type RunLater, runLater } from '../lifecycle/run-later.ts';
import { errorFields, type Logger } from '../observability/logger.ts';
import { brokerErrorType, explainConnecting } from './access.ts';

/** Tells whether a broker answered lately. */
export type BrokerWatch = Readonly<{
  /** Milliseconds since a broker last answered; null before the first answer. */
  answeredAgoMs: () => number | null;
  /** Cuts the connection at once. */
  stop: () => Promise<void>;
}>;

export type BrokerWatchOptions = Readonly<{
  /** A client that can be cut off; one that gave no answer is not used again. */
  createClient: () => Readonly<{ kafka: Kafka; sever: () => void }>;
  logger: Pick<Logger, 'info' | 'warn'>;
  /** A monotonic clock, in milliseconds. */
  nowMs?: () => number;
  later?: RunLater;
}>;

const PAUSE_MS = 3_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;
/** kafkajs's own time-outs go by the wall clock: where that is set back, they do not come. */
const ANSWER_WITHIN_MS = 4_000;
/** How long asking has to fail before it is told. The last answer is up to 7 s older. */
const FAILS_FOR_MS = 7_000;
/** A time-out that comes this much too late says that this process stood still, and nothing about Kafka. */
const STOOD_STILL_MS = 1_000;

/**
 * Asks the brokers who they are, every 3 s, so that an outage shows also while nothing is published. A refusal is an answer. Once none has answered
 * for about 10 s, `kafka-unreachable` is logged, and `kafka-answers-again` when one does.
 */
export function watchBrokers(options: BrokerWatchOptions): BrokerWatch {
  const { createClient, logger, nowMs = () => performance.now(), later = runLater } = options;
  const startedMs = nowMs();
  let answeredMs: number | null = null;
  let failsSinceMs: number | null = null;
  let isUnreachable = false;
  let stopped = false;
  let client: Client | null = null;

  const answered = (): void => {
    if (isUnreachable)
      logger.info('kafka-answers-again', { durationMs: Math.round(nowMs() - (answeredMs ?? startedMs)) });
    isUnreachable = false;
    failsSinceMs = null;
    answeredMs = nowMs();
  };
  const failed = (askedMs: number, error: unknown): void => {
    const stoodStill = nowMs() - askedMs > ANSWER_WITHIN_MS + STOOD_STILL_MS;
    failsSinceMs = stoodStill ? null : (failsSinceMs ?? askedMs);
    if (isUnreachable || failsSinceMs === null || nowMs() - failsSinceMs < FAILS_FOR_MS) return;
    isUnreachable = true;
    logger.warn('kafka-unreachable', {
      durationMs: Math.round(nowMs() - (answeredMs ?? startedMs)),
      ...errorFields(error),
    });
  };

  const drop = (): void => {
    client?.sever();
    client = null;
  };
  const ask = async (): Promise<void> => {
    const askedMs = nowMs();
    try {
      // Throws, too, where a file that the settings name cannot be read just now.
      client ??= connectLater(createClient());
      await within(ANSWER_WITHIN_MS, client.describe(), later);
      if (!stopped) answered();
    } catch (error) {
      if (!stopped && brokerErrorType(error) !== null) answered();
      else {
        const explained = client === null ? error : explainConnecting(client.kafka, error);
        drop();
        if (!stopped) failed(askedMs, explained);
      }
    }
    if (!stopped) callOff = later(() => void ask(), failsSinceMs === null ? PAUSE_MS : PAUSE_AFTER_FAILURE_MS);
  };
  let callOff = later(() => void ask(), 0);

  return {
    answeredAgoMs: () => (answeredMs === null ? null : nowMs() - answeredMs),
    stop: async () => {
      stopped = true;
      callOff();
      drop();
    },
  };
}

type Client = Readonly<{ kafka: Kafka; sever: () => void; describe: () => Promise<unknown> }>;

/** A client that connects with its first question. */
function connectLater({ kafka, sever }: ReturnType<BrokerWatchOptions['createClient']>): Client {
  const admin: Admin = kafka.admin();
  let connecting: Promise<void> | null = null;
  return {
    kafka,
    sever,
    describe: async () => {
      connecting ??= admin.connect();
      await connecting;
      await admin.describeCluster();
    },
  };
}

/** Rejects where the answer takes longer; whatever becomes of it then is nobody's business. */
function within<T>(limitMs: number, answer: Promise<T>, later: RunLater): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = later(() => reject(new Error(`No broker answered within ${limitMs / 1_000} s`)), limitMs);
    answer.then(resolve, reject).finally(callOff);
  });
}

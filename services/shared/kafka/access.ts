import type { Kafka } from 'kafkajs';
import { connectionProblem, hangUpProblem } from './connection-problem.ts';
import type { CoordinatorRefusals } from './coordinator-refusals.ts';
import type { KafkaSecurity } from './security.ts';

/** Kafka does not let the service in, or not do what it must. Not retriable: a person has to change a setting or an ACL. */
export class KafkaAccessError extends Error {
  override readonly name = 'KafkaAccessError';
  readonly retriable = false;
}

/** Whose client it is: the name of the service, how it logs in, and what brokers said to it of coordinators. */
export type ClientIdentity = Readonly<{ service: string; security: KafkaSecurity; coordinators: CoordinatorRefusals }>;

/** What a service was about to do, for the words of a refusal: Kafka says only of which type the refused resource is. */
export type Intent = Readonly<{
  topics?: Readonly<{
    operation: 'Read' | 'Write' | 'Create' | 'Delete' | 'DescribeConfigs';
    names: readonly string[];
  }>;
  /** Read is asked for. */
  group?: string;
  /** Write is asked for. */
  transactionalId?: string;
}>;

const identities = new WeakMap<Kafka, ClientIdentity>();

/** Remembers whose client it is; `explainAccess` tells. */
export const identify = (kafka: Kafka, identity: ClientIdentity): Kafka => {
  identities.set(kafka, identity);
  return kafka;
};

/**
 * A KafkaAccessError in one line, which names the setting or the right that is missing, where Kafka refused the connection, the login or the intent; any other
 * error as it is.
 */
export function explainAccess(kafka: Kafka, error: unknown, intent: Intent = {}): unknown {
  if (error instanceof KafkaAccessError) return error;
  const identity = identities.get(kafka);
  if (identity === undefined) return error;
  const right = missingRight(brokerErrorType(error) ?? identity.coordinators.behind(error, intent), intent);
  const problem = right === null ? connectionProblem(error, identity.security) : refusalOf(identity, right);
  return problem === null ? error : new KafkaAccessError(problem, { cause: error });
}

/** The same for an error of a connection that has not brought an answer yet. */
export function explainConnecting(kafka: Kafka, error: unknown): unknown {
  const identity = identities.get(kafka);
  const problem = identity === undefined ? null : hangUpProblem(error, identity.security);
  return problem === null ? explainAccess(kafka, error) : new KafkaAccessError(problem, { cause: error });
}

/** Whether the broker says that an ACL is missing. */
export const isRefusal = (error: unknown): boolean =>
  brokerErrorType(error)?.endsWith('_AUTHORIZATION_FAILED') ?? false;

const refusalOf = ({ service, security }: ClientIdentity, right: string): string =>
  `Kafka does not allow ${service} (${principalOf(security)}) ${right}: add that ACL (deploy/kafka/README.md lists all that ${service} needs)`;

function principalOf({ saslMechanism, saslUsername, sslCertFile }: KafkaSecurity): string {
  if (saslMechanism !== null) return `User:${saslUsername}`;
  return sslCertFile === null ? 'User:ANONYMOUS' : `the principal of the certificate in ${sslCertFile}`;
}

function missingRight(type: string | null, { topics, group, transactionalId }: Intent): string | null {
  const onTopics =
    topics === undefined ? 'what it asks of a Topic' : `${topics.operation} on Topic ${topics.names.join(' or ')}`;
  switch (type) {
    case 'TOPIC_AUTHORIZATION_FAILED':
      return onTopics;
    case 'GROUP_AUTHORIZATION_FAILED':
      return `Read on Group ${group ?? ''}`;
    case 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED':
      return `Write on TransactionalId ${transactionalId ?? ''}`;
    // An idempotent producer needs Write on any topic; then it may begin.
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return topics?.operation === 'Create' ? onTopics : 'Write on any Topic';
    default:
      return null;
  }
}

/** PRODUCER_FENCED is newer than kafkajs, which calls it unknown. */
const PRODUCER_FENCED = 90;

/** The code of the broker's that is behind an error, wherever kafkajs wrapped it; null where there is none. */
export function brokerErrorType(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && error.code === PRODUCER_FENCED) return 'PRODUCER_FENCED';
  if ('type' in error && typeof error.type === 'string' && error.type !== 'UNKNOWN') return error.type;
  const inner = [
    'originalError' in error ? error.originalError : null,
    'cause' in error ? error.cause : null,
    // Of createTopics and of deleteTopicRecords.
    ...('errors' in error && Array.isArray(error.errors) ? error.errors : []),
    ...('partitions' in error && Array.isArray(error.partitions) ? error.partitions.map((one) => one.error) : []),
  ];
  for (const one of inner) {
    const type = brokerErrorType(one);
    if (type !== null) return type;
  }
  return null;
}

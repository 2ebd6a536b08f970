import type { Kafka } from 'kafkajs';
import type { KafkaSecurity } from '../client/security.ts';
import { connectionProblem, hangUpProblem } from './connection-problem.ts';
import type { CoordinatorRefusals } from './coordinator-refusals.ts';

/** Kafka refuses the service's connection, login or operation. Not retriable: a person has to change a setting or an ACL. */
export class KafkaAccessError extends Error {
  override readonly name = 'KafkaAccessError';
  readonly retriable = false;
}

/** Whose client it is: the name of the service, how it logs in, and how brokers refused to name coordinators. */
export type ClientIdentity = Readonly<{ service: string; security: KafkaSecurity; coordinators: CoordinatorRefusals }>;

/** What a service was about to do. Explaining a refusal needs it, because Kafka reports only the type of the refused resource. */
export type Intent = Readonly<{
  topics?: Readonly<{
    operation: 'Read' | 'Write' | 'Create' | 'Delete' | 'DescribeConfigs';
    names: readonly string[];
  }>;
  /** Needs Read. */
  group?: string;
  /** Needs Write. */
  transactionalId?: string;
}>;

const identities = new WeakMap<Kafka, ClientIdentity>();

/** Records whose client it is, for `explainAccess`. */
export const identify = (kafka: Kafka, identity: ClientIdentity): Kafka => {
  identities.set(kafka, identity);
  return kafka;
};

/**
 * If Kafka refused the connection, the login or the intent, a KafkaAccessError whose one-line message names the missing setting or right; otherwise
 * the error unchanged.
 */
export function explainAccess(kafka: Kafka, error: unknown, intent: Intent = {}): unknown {
  if (error instanceof KafkaAccessError) return error;
  const identity = identities.get(kafka);
  if (identity === undefined) return error;
  const right = missingRight(brokerErrorType(error) ?? identity.coordinators.behind(error, intent), intent);
  const problem = right === null ? connectionProblem(error, identity.security) : refusalOf(identity, right);
  return problem === null ? error : new KafkaAccessError(problem, { cause: error });
}

/** As `explainAccess`, for an error before the first answer of a connection. */
export function explainConnecting(kafka: Kafka, error: unknown): unknown {
  const identity = identities.get(kafka);
  const problem = identity === undefined ? null : hangUpProblem(error, identity.security);
  return problem === null ? explainAccess(kafka, error) : new KafkaAccessError(problem, { cause: error });
}

/** Whether the broker reports a missing ACL. */
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
    // Brokers let an idempotent producer start if it has Write on any topic.
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return topics?.operation === 'Create' ? onTopics : 'Write on any Topic';
    default:
      return null;
  }
}

/** The code of PRODUCER_FENCED, which kafkajs 2.2.4 does not know. */
const PRODUCER_FENCED = 90;

/** Kafka's name of the broker error behind this one, however kafkajs wrapped it; null for none. */
export function brokerErrorType(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && error.code === PRODUCER_FENCED) return 'PRODUCER_FENCED';
  if ('type' in error && typeof error.type === 'string' && error.type !== 'UNKNOWN') return error.type;
  const inner = [
    'originalError' in error ? error.originalError : null,
    'cause' in error ? error.cause : null,
    // createTopics and deleteTopicRecords report one error for each topic or partition.
    ...('errors' in error && Array.isArray(error.errors) ? error.errors : []),
    ...('partitions' in error && Array.isArray(error.partitions) ? error.partitions.map((one) => one.error) : []),
  ];
  for (const one of inner) {
    const type = brokerErrorType(one);
    if (type !== null) return type;
  }
  return null;
}

import { GenericContainer, Wait } from 'testcontainers';
import { stackImages } from '../../dev/stack/images.ts';
import { freePorts } from '../../dev/stack/ports.ts';
import { kafkaProblem, registryProblem } from '../../dev/stack/probes.ts';
import { registryUrl } from '../../dev/stack/registry-server.ts';
import { waitUntil } from '../../dev/stack/wait-until.ts';

export type ContainerStack = Readonly<{ brokers: string; registryUrl: string; stop: () => Promise<void> }>;

/** Kafka and the registry in containers, on free ports of 127.0.0.1. Rejects when an image cannot be had or a container does not come up. */
export async function startContainerStack(): Promise<ContainerStack> {
  const images = stackImages(process.env);
  const [kafkaPort = 0, registryPort = 0] = await freePorts(2);
  const kafka = new GenericContainer(images.kafka)
    .withEnvironment(kafkaEnvironment(kafkaPort))
    .withExposedPorts({ container: 9092, host: kafkaPort })
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(120_000);
  const registry = new GenericContainer(images.registry)
    .withEnvironment({ APICURIO_STORAGE_KIND: 'sql', APICURIO_STORAGE_SQL_KIND: 'h2' })
    .withExposedPorts({ container: 8080, host: registryPort })
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080).forStatusCode(200))
    .withStartupTimeout(120_000);

  const started = await Promise.allSettled([kafka.start(), registry.start()]);
  const stop = async () => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
  };
  const failed = started.find((one) => one.status === 'rejected');
  const answers = async () =>
    (await kafkaProblem('127.0.0.1', kafkaPort)) === null &&
    (await registryProblem(registryUrl(registryPort))) === null;
  if (failed !== undefined || !(await waitUntil(answers, 60_000))) {
    await stop();
    throw failed?.reason ?? new Error('the containers are up, but Kafka or the registry does not answer');
  }
  return { brokers: `127.0.0.1:${kafkaPort}`, registryUrl: registryUrl(registryPort), stop };
}

/**
 * One node; the image's entry point turns each variable into a broker property. The broker talks to itself, to end transactions, by a listener of its own: the address
 * that clients have leads nowhere inside the container.
 */
const kafkaEnvironment = (port: number) => ({
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: 'HOST://:9092,INTERNAL://localhost:29092,CONTROLLER://localhost:9093',
  KAFKA_ADVERTISED_LISTENERS: `HOST://127.0.0.1:${port},INTERNAL://localhost:29092`,
  KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  KAFKA_HEAP_OPTS: '-Xmx512m',
});

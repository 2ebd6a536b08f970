import { brokerAddress } from '../../services/shared/config/broker-address.ts';
import { kafkaProblem, registryProblem } from '../stack/probes.ts';
import { StackError } from '../stack/stack-error.ts';

const WITHIN_MS = 5_000;

/** Throws StackError, one line, unless a broker of the list and the registry answer within 5 s. Behind TLS only that something listens is checked. */
export async function checkExternal(brokers: string, registryUrl: string, tls: boolean): Promise<void> {
  const list = brokers
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  const [registry, ...answers] = await Promise.all([
    registryProblem(registryUrl.replace(/\/+$/, ''), WITHIN_MS),
    ...list.map((broker) => brokerProblem(broker, tls)),
  ]);
  const problems = [
    ...(answers.includes(null)
      ? []
      : [`no broker of KAFKA_BROKERS=${brokers} answers (${answers[0] ?? 'it names none'})`]),
    ...(registry === null ? [] : [`SCHEMA_REGISTRY_URL=${withoutLogin(registryUrl)} does not answer (${registry})`]),
  ];
  if (problems.length > 0) throw new StackError(`STACK=external: ${problems.join('; ')}`);
}

async function brokerProblem(broker: string, tls: boolean): Promise<string | null> {
  const address = brokerAddress(broker);
  if ('problem' in address) return `${broker} ${address.problem}`;
  return await kafkaProblem(address.host, address.port, WITHIN_MS, tls);
}

/** An address may hold a password. */
function withoutLogin(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  [url.username, url.password] = ['', ''];
  return url.href;
}

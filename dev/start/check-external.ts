import { kafkaProblem, registryProblem } from '../stack/probes.ts';
import { StackError } from '../stack/stack-error.ts';

const WITHIN_MS = 5_000;

/** Throws StackError, one line, unless a broker of the list and the registry answer within 5 s. Behind TLS only that something listens is checked. */
export async function checkExternal(brokers: string, registryUrl: string, tls: boolean): Promise<void> {
  const list = brokers.split(',').map((broker) => broker.trim());
  const [registry, ...answers] = await Promise.all([
    registryProblem(registryUrl.replace(/\/+$/, ''), WITHIN_MS),
    ...list.map((broker) => brokerProblem(broker, tls)),
  ]);
  const problems = [
    ...(answers.includes(null) ? [] : [`no broker of KAFKA_BROKERS=${brokers} answers (${answers[0]})`]),
    ...(registry === null ? [] : [`SCHEMA_REGISTRY_URL=${withoutLogin(registryUrl)} does not answer (${registry})`]),
  ];
  if (problems.length > 0) throw new StackError(`STACK=external: ${problems.join('; ')}`);
}

async function brokerProblem(broker: string, tls: boolean): Promise<string | null> {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(broker) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) return `${broker} is not host:port`;
  return await kafkaProblem(host.replace(/^\[|\]$/g, ''), Number(port), WITHIN_MS, tls);
}

/** An address may hold a password. */
function withoutLogin(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  [url.username, url.password] = ['', ''];
  return url.href;
}

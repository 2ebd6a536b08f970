/** Where Kafka and the registry come from. */
export type StackKind = 'external' | 'java' | 'docker';

/** What the choice depends on. A problem is null when that kind can be used. */
export type StackOptions = Readonly<{
  /** STACK, KAFKA_BROKERS and SCHEMA_REGISTRY_URL as they are set; an empty one is not set. */
  forced: string | undefined;
  brokers: string | undefined;
  registryUrl: string | undefined;
  /** Asked only when the answer matters, as finding out takes a moment. */
  javaProblem: () => string | null;
  dockerProblem: () => string | null;
}>;

export type StackChoice =
  | Readonly<{ kind: StackKind; why: string }>
  | Readonly<{ kind: 'none'; problem: string; java: string | null; docker: string | null }>;

const kinds: readonly string[] = ['external', 'java', 'docker'] satisfies readonly StackKind[];

/** In this order: what STACK forces, the addresses that are set, Java, Docker. Otherwise none, with all that is known about why. */
export function chooseStack(options: StackOptions): StackChoice {
  const { forced = '', brokers = '', registryUrl = '', javaProblem, dockerProblem } = options;
  if (forced !== '' && !kinds.includes(forced)) {
    return refused(`STACK is "${forced}": it must be external, java or docker`);
  }
  if (forced === 'java') return forcedTo('java', javaProblem());
  if (forced === 'docker') return forcedTo('docker', dockerProblem());
  const isSet = brokers !== '' && registryUrl !== '';
  if (forced === 'external') {
    return forcedTo('external', isSet ? null : 'KAFKA_BROKERS and SCHEMA_REGISTRY_URL must both be set');
  }
  if (isSet) return { kind: 'external', why: 'KAFKA_BROKERS and SCHEMA_REGISTRY_URL are set' };
  if (brokers !== '' || registryUrl !== '') {
    const [set, unset] =
      brokers === '' ? ['SCHEMA_REGISTRY_URL', 'KAFKA_BROKERS'] : ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL'];
    return refused(`${set} is set, but ${unset} is not: set both, or neither`);
  }
  const java = javaProblem();
  if (java === null) return { kind: 'java', why: 'Java and Maven are here' };
  const docker = dockerProblem();
  if (docker === null) return { kind: 'docker', why: `a Docker engine answers, and ${java}` };
  return { kind: 'none', problem: 'There is nothing here to run Kafka with', java, docker };
}

const forcedTo = (kind: StackKind, problem: string | null): StackChoice =>
  problem === null ? { kind, why: `STACK=${kind} says so` } : refused(`STACK=${kind} cannot be had: ${problem}`);

const refused = (problem: string): StackChoice => ({ kind: 'none', problem, java: null, docker: null });

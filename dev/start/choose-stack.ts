/** How Kafka and the registry are provided. */
export type StackKind = 'external' | 'java' | 'docker';

/** What the choice depends on. A problem is null if that kind can be used. */
export type StackOptions = Readonly<{
  /** The values of STACK, KAFKA_BROKERS and SCHEMA_REGISTRY_URL. An empty one counts as unset. */
  forced: string | undefined;
  brokers: string | undefined;
  registryUrl: string | undefined;
  /** Functions, called only if the answer matters, because finding out takes a moment. */
  javaProblem: () => string | null;
  dockerProblem: () => string | null;
}>;

export type StackChoice =
  | Readonly<{ kind: StackKind; why: string }>
  | Readonly<{ kind: 'none'; problem: string; java: string | null; docker: string | null }>;

const kinds: readonly string[] = ['external', 'java', 'docker'] satisfies readonly StackKind[];

/** Tries, in this order: what STACK forces, the addresses that are set, Java, Docker. If nothing works, returns `none` and the reasons. */
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
  if (java === null) return { kind: 'java', why: 'Java and Maven are installed' };
  const docker = dockerProblem();
  if (docker === null) return { kind: 'docker', why: `a Docker engine answers, and ${java}` };
  return { kind: 'none', problem: 'Nothing on this machine can run Kafka', java, docker };
}

const forcedTo = (kind: StackKind, problem: string | null): StackChoice =>
  problem === null ? { kind, why: `STACK=${kind} is set` } : refused(`STACK=${kind} is not possible: ${problem}`);

const refused = (problem: string): StackChoice => ({ kind: 'none', problem, java: null, docker: null });

import { expect, test } from '@jest/globals';
import { chooseStack, type StackOptions } from '../../../dev/start/choose-stack.ts';
import { threeWays } from '../../../dev/start/three-ways.ts';

const choose = (options: Partial<StackOptions>) =>
  chooseStack({
    forced: undefined,
    brokers: undefined,
    registryUrl: undefined,
    javaProblem: () => 'no Java was found',
    dockerProblem: () => 'no docker command was found',
    ...options,
  });
const here = () => null;
const addresses = { brokers: 'kafka:9092', registryUrl: 'http://registry' };

test('When both addresses are set, then they are used, and neither Java nor Docker is looked for', () => {
  const asked = () => {
    throw new Error('asked');
  };
  expect(choose({ ...addresses, javaProblem: asked, dockerProblem: asked })).toEqual({
    kind: 'external',
    why: 'KAFKA_BROKERS and SCHEMA_REGISTRY_URL are set',
  });
});

test('When only one address is set, then it says which one is missing', () => {
  expect(choose({ brokers: 'kafka:9092', javaProblem: here })).toMatchObject({
    kind: 'none',
    problem: 'KAFKA_BROKERS is set, but SCHEMA_REGISTRY_URL is not: set both, or neither',
  });
  expect(choose({ registryUrl: 'http://registry' })).toMatchObject({
    problem: 'SCHEMA_REGISTRY_URL is set, but KAFKA_BROKERS is not: set both, or neither',
  });
});

test('When Java is installed, then it is used, and Docker is not looked for', () => {
  expect(choose({ javaProblem: here, dockerProblem: here })).toMatchObject({ kind: 'java' });
});

test('When Docker is available but not Java, then Docker is used and the reason names Java', () => {
  expect(choose({ dockerProblem: here })).toEqual({
    kind: 'docker',
    why: 'a Docker engine answers, and no Java was found',
  });
});

test('When neither is available, then the problem of each is reported', () => {
  expect(choose({})).toMatchObject({ kind: 'none', java: 'no Java was found', docker: 'no docker command was found' });
});

test('When STACK forces a kind, then that kind is used, or its own problem is reported', () => {
  expect(choose({ ...addresses, forced: 'java', javaProblem: here })).toMatchObject({ kind: 'java' });
  expect(choose({ ...addresses, forced: 'docker', dockerProblem: here })).toMatchObject({ kind: 'docker' });
  expect(choose({ ...addresses, forced: 'external', javaProblem: here })).toMatchObject({ kind: 'external' });
  expect(choose({ forced: 'java' })).toMatchObject({ problem: 'STACK=java is not possible: no Java was found' });
  expect(choose({ forced: 'external' })).toMatchObject({
    problem: 'STACK=external is not possible: KAFKA_BROKERS and SCHEMA_REGISTRY_URL must both be set',
  });
  expect(choose({ forced: 'podman' })).toMatchObject({
    problem: 'STACK is "podman": it must be external, java or docker',
  });
});

test('When the three ways are printed, then each has a command, and sudo only for those who are not root', () => {
  const ways = threeWays('no Java was found', 'no docker command was found', 'linux', false);
  expect(ways).toContain('1. Java 17 or newer and Maven (now: no Java was found):');
  expect(ways).toContain('sudo apt-get install -y openjdk-17-jdk-headless maven');
  expect(ways).toContain('sudo apt-get install -y docker.io docker-compose');
  expect(ways).toContain('KAFKA_BROKERS=127.0.0.1:9092 SCHEMA_REGISTRY_URL=');
  expect(threeWays('x', 'y', 'linux', true)).not.toContain('sudo');
  expect(threeWays('x', 'y', 'darwin', false)).toContain('brew install openjdk@17 maven');
});

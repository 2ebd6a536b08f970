import { expect, test } from '@jest/globals';
import { chooseStack, type StackOptions } from '../../../dev/start/choose-stack.ts';
import { threeWays } from '../../../dev/start/three-ways.ts';

const choose = (options: Partial<StackOptions>) =>
  chooseStack({
    forced: undefined,
    brokers: undefined,
    registryUrl: undefined,
    javaProblem: () => 'no Java is found',
    dockerProblem: () => 'no docker command is found',
    ...options,
  });
const here = () => null;
const addresses = { brokers: 'kafka:9092', registryUrl: 'http://registry' };

test('When both addresses are set, then they are used, and neither Java nor Docker is asked', () => {
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

test('When Java is here, then it is used, and Docker is not asked', () => {
  expect(choose({ javaProblem: here, dockerProblem: here })).toMatchObject({ kind: 'java' });
});

test('When Java is not here but Docker is, then Docker is used and the reason names Java', () => {
  expect(choose({ dockerProblem: here })).toEqual({
    kind: 'docker',
    why: 'a Docker engine answers, and no Java is found',
  });
});

test('When there is nothing, then what is wrong with each is told', () => {
  expect(choose({})).toMatchObject({ kind: 'none', java: 'no Java is found', docker: 'no docker command is found' });
});

test('When STACK forces a kind, then that kind is used, or its own problem is told', () => {
  expect(choose({ ...addresses, forced: 'java', javaProblem: here })).toMatchObject({ kind: 'java' });
  expect(choose({ ...addresses, forced: 'docker', dockerProblem: here })).toMatchObject({ kind: 'docker' });
  expect(choose({ ...addresses, forced: 'external', javaProblem: here })).toMatchObject({ kind: 'external' });
  expect(choose({ forced: 'java' })).toMatchObject({ problem: 'STACK=java cannot be had: no Java is found' });
  expect(choose({ forced: 'external' })).toMatchObject({
    problem: 'STACK=external cannot be had: KAFKA_BROKERS and SCHEMA_REGISTRY_URL must both be set',
  });
  expect(choose({ forced: 'podman' })).toMatchObject({
    problem: 'STACK is "podman": it must be external, java or docker',
  });
});

test('When the three ways are told, then each has a command, and sudo only for those who are not root', () => {
  const ways = threeWays('no Java is found', 'no docker command is found', 'linux', false);
  expect(ways).toContain('1. Java 17 or newer and Maven (now: no Java is found):');
  expect(ways).toContain('sudo apt-get install -y openjdk-17-jdk-headless maven');
  expect(ways).toContain('sudo apt-get install -y docker.io docker-compose');
  expect(ways).toContain('KAFKA_BROKERS=127.0.0.1:9092 SCHEMA_REGISTRY_URL=');
  expect(threeWays('x', 'y', 'linux', true)).not.toContain('sudo');
  expect(threeWays('x', 'y', 'darwin', false)).toContain('brew install openjdk@17 maven');
});

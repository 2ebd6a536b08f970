import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const LEAST_JAVA = 17;

/** What of the Java stack's tools this machine has; `problem` says in words what is missing, null when nothing is. */
export type JavaRuntime = Readonly<{ java: string; maven: string; problem: string | null }>;

/** Looks for Java 17 or newer (JAVA_HOME first, then the path) and Maven. Takes up to a second, as it asks both for their version. */
export function findJava(environment: Readonly<Record<string, string | undefined>>): JavaRuntime {
  const home = environment.JAVA_HOME;
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const maven = 'mvn';
  const javaSays = run(java, ['-version'], environment);
  if (javaSays === null) return { java, maven, problem: `no Java is found (${java})` };
  const version = javaVersion(javaSays);
  if (version === null) return { java, maven, problem: `the version of ${java} is not understood` };
  if (version < LEAST_JAVA) {
    return { java, maven, problem: `Java is ${version}, and Kafka 4 needs ${LEAST_JAVA} or newer` };
  }
  const mavenSays = run(maven, ['-v'], environment);
  return { java, maven, problem: mavenSays === null ? 'Maven (mvn) is not found' : null };
}

/** The feature version in what `java -version` prints: 8 for `1.8.0_292`, 17 for `17.0.15`, 26 for `26-ea`. Null: not to be found. */
export function javaVersion(said: string): number | null {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(said) ?? [];
  if (first === undefined) return null;
  return first === '1' && second !== undefined ? Number(second) : Number(first);
}

/** Both outputs, or null when the command is not there or fails. */
function run(command: string, args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    env: { ...environment },
    encoding: 'utf8',
    timeout: 15_000,
  });
  return error === undefined && status === 0 ? `${stdout}${stderr}` : null;
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const MIN_JAVA_VERSION = 17;

/** The commands of the Java stack's tools on this machine. `problem` says what is missing, or is null if nothing is. */
export type JavaRuntime = Readonly<{ java: string; maven: string; problem: string | null }>;

/** Looks for Maven and for Java 17 or newer, in JAVA_HOME and then in PATH. Takes up to a second, because it runs both to get their versions. */
export function findJava(environment: Readonly<Record<string, string | undefined>>): JavaRuntime {
  const home = environment.JAVA_HOME;
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const maven = 'mvn';
  const javaOutput = run(java, ['-version'], environment);
  if (javaOutput === null) return { java, maven, problem: `no Java was found (${java})` };
  const version = javaVersion(javaOutput);
  if (version === null) return { java, maven, problem: `the version of ${java} was not understood` };
  if (version < MIN_JAVA_VERSION) {
    return { java, maven, problem: `Java is ${version}, and Kafka 4 needs ${MIN_JAVA_VERSION} or newer` };
  }
  const mavenOutput = run(maven, ['-v'], environment);
  return { java, maven, problem: mavenOutput === null ? 'Maven (mvn) was not found' : null };
}

/** The feature version in the output of `java -version`: 8 for `1.8.0_292`, 17 for `17.0.15`, 26 for `26-ea`. Null if there is none. */
export function javaVersion(output: string): number | null {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (first === undefined) return null;
  return first === '1' && second !== undefined ? Number(second) : Number(first);
}

/** Standard output and standard error together. Null if the command does not exist or fails. */
function run(command: string, args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    env: { ...environment },
    encoding: 'utf8',
    timeout: 15_000,
  });
  return error === undefined && status === 0 ? `${stdout}${stderr}` : null;
}

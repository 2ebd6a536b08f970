import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { jvmEnvironment } from './kafka-server.ts';
import { registryProblem } from './probes.ts';
import { type ServerProcess, type ServerProcessOptions, serverProcess } from './server-process.ts';

export type RegistryServerOptions = Readonly<{
  java: string;
  jar: string;
  /** Keeps the schemas in an H2 file. */
  directory: string;
  logFile: string;
  port: number;
}> &
  Pick<ServerProcessOptions, 'onSpawn' | 'onDied'>;

/** The base URL of the Confluent-compatible API of an Apicurio Registry on this port. */
export const registryUrl = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`;

/** An Apicurio Registry as a server process. */
export function registryServer(options: RegistryServerOptions): ServerProcess {
  const { java, jar, directory, logFile, port } = options;
  mkdirSync(directory, { recursive: true });
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': String(port),
    'quarkus.log.level': 'WARN',
    'quarkus.log.category."io.apicurio".level': 'WARN',
    'quarkus.http.access-log.enabled': 'false',
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': `jdbc:h2:file:${join(directory, 'registry')}`,
  };
  return serverProcess({
    name: 'schema registry',
    command: java,
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      '-jar',
      jar,
    ],
    environment: jvmEnvironment(),
    directory,
    logFile,
    ready: async () => (await registryProblem(registryUrl(port))) === null,
    startWithinMs: 60_000,
    stopWithinMs: 1_500,
    onSpawn: options.onSpawn,
    onDied: options.onDied,
  });
}

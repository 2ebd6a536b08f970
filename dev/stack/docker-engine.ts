import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Null when a Docker engine answers at DOCKER_HOST or at one of the usual sockets; else why not, in a few words. */
export async function dockerProblem(environment: Environment, withinMs = 3_000): Promise<string | null> {
  const host = environment.DOCKER_HOST;
  if (host !== undefined && host !== '') return await ping(host, withinMs);
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock'), ...rootless(environment)];
  const problems = await Promise.all(sockets.map((socket) => ping(`unix://${socket}`, withinMs)));
  return problems.includes(null) ? null : (problems[0] ?? 'no Docker socket is found');
}

const rootless = ({ XDG_RUNTIME_DIR: directory }: Environment): readonly string[] =>
  directory === undefined ? [] : [join(directory, 'docker.sock')];

function ping(host: string, withinMs: number): Promise<string | null> {
  const target = host.startsWith('unix://')
    ? { socketPath: host.slice('unix://'.length), path: '/_ping' }
    : new URL('/_ping', host.replace(/^tcp:/, 'http:'));
  return new Promise((resolve) => {
    const ask = request(target, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `the engine at ${host} answers HTTP ${response.statusCode}`);
    });
    ask.setTimeout(withinMs, () => ask.destroy(new Error(`no answer within ${withinMs / 1_000} s`)));
    ask.once('error', (error: NodeJS.ErrnoException) =>
      resolve(`no engine at ${host} (${error.code ?? error.message})`),
    );
    ask.end();
  });
}

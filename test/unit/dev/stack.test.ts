import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { endProcess, send } from '../../../dev/stack/end-process.ts';
import { cacheFolder, downloadedMegabytes } from '../../../dev/stack/java-artifacts.ts';
import { findJava, javaVersion } from '../../../dev/stack/java-runtime.ts';
import { lastWords } from '../../../dev/stack/last-words.ts';
import { freePorts, portIsFree } from '../../../dev/stack/ports.ts';
import { kafkaProblem, registryProblem } from '../../../dev/stack/probes.ts';
import { identify, isAlive, parentOf } from '../../../dev/stack/process-identity.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "26-ea" 2026-03-17', 26],
  ['openjdk version "21"', 21],
  ['something else', null],
])('When java says %j, then its version is %j', (said, version) => {
  expect(javaVersion(said)).toBe(version);
});

test('When there is no Java on the path, then that is the problem', () => {
  expect(findJava({ PATH: '/nowhere' }).problem).toBe('no Java is found (java)');
});

test('When Maven has downloaded a file, then its size is read; other lines are no downloads', () => {
  expect(downloadedMegabytes('[INFO] Downloaded from central: https://host/a.jar (9.7 MB at 12 MB/s)')).toBe(9.7);
  expect(downloadedMegabytes('Downloaded from x: https://host/a.pom (500 kB at 1.2 MB/s)')).toBe(0.5);
  expect(downloadedMegabytes('[INFO] Downloading from central: https://host/a.jar')).toBeNull();
});

test('When XDG_CACHE_HOME is set, then the jars are cached there', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/caches' })).toMatch(/^\/caches\/vxt-call-events\/[0-9a-f]{16}$/);
});

test('When a service ends at its start, then its last words are its plain lines in one', () => {
  const log = '{"level":"info","event":"a"}\nSettings are wrong:\n  - PORT "x": must be a whole number\n';
  expect(lastWords(log)).toBe('Settings are wrong: - PORT "x": must be a whole number');
});

test('When a service ends later, then its last words are its last error', () => {
  const log = [
    '(node:1) TimeoutNegativeWarning: -1 is a negative number.',
    '{"level":"fatal","event":"service-failed","problem":"Kafka is away"}',
    '{"level":"info","event":"service-stopped"}',
  ].join('\n');
  expect(lastWords(log)).toBe('service-failed: Kafka is away');
});

test('When a Java server ends, then its last words are the exception, not the stack frames', () => {
  expect(lastWords('INFO starting\njava.net.BindException: Address already in use\n\tat sun.nio.ch.Net.bind\n')).toBe(
    'java.net.BindException: Address already in use',
  );
  expect(lastWords('')).toBe('');
});

test('When something listens on a port, then it is not free, and it is not Kafka', async () => {
  const { port, close } = await listener((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
  expect(await portIsFree(port)).toBe(false);
  expect(await kafkaProblem('127.0.0.1', port)).toBe('something that is not Kafka answers');
  expect(await kafkaProblem('127.0.0.1', port, 1_000, true)).toBeNull();
  close();
});

test('When nothing listens, then a probe says that the connection is refused', async () => {
  const [port = 0] = await freePorts(1);
  expect(await portIsFree(port)).toBe(true);
  expect(await kafkaProblem('127.0.0.1', port)).toBe('connection refused');
  expect(await registryProblem(`http://127.0.0.1:${port}`)).toBe('connection refused');
});

test('When a server accepts and says nothing, then a probe gives up in time', async () => {
  const { port, close } = await listener(() => undefined);
  expect(await kafkaProblem('127.0.0.1', port, 200)).toBe('no answer within 0.2 s');
  expect(await registryProblem(`http://127.0.0.1:${port}`, 200)).toBe('no answer within 0.2 s');
  close();
});

test('When a process number belongs to a process that started at another time, then it is left alone', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === null) throw new Error('sleep did not start');
  expect(parentOf(identity.pid)).toBe(process.pid);
  const other = { pid: identity.pid, startedAt: 'another time' };
  expect(isAlive(other)).toBe(false);
  send(other, 'SIGKILL');
  expect(await endProcess(other, 0)).toBe(true);
  expect(isAlive(identity)).toBe(true);
  expect(await endProcess(identity, 5_000)).toBe(true);
  expect(isAlive(identity)).toBe(false);
});

test('When a process ignores SIGTERM, then it is killed', async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const identity = identify(child.pid ?? 0);
  if (identity === null) throw new Error('sh did not start');
  expect(await endProcess(identity, 200)).toBe(false);
  expect(isAlive(identity)).toBe(false);
});

async function listener(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  const address = server.address();
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close };
}

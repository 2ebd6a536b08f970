import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodeFlags } from '../../dev/start/node-flags.ts';

const root = join(import.meta.dirname, '../..');
const WITHIN_MS = 30_000;

/** Every file that is run: the mains, and what else a script of package.json starts. */
function programs(): readonly string[] {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const started = Object.values(scripts).flatMap((script) => [...script.matchAll(/\bnode (?:--\S+ )*(\S+\.ts)/g)]);
  const mains = globSync('{services,dev,bench,deploy}/**/main.ts', { cwd: root });
  return [...new Set([...mains, ...started.map(([, file = '']) => file)])].sort();
}

const shellScripts = ['.ci/run', '.ci/containers/run', 'deploy/kafka/acls.sh', 'deploy/compose/make-certificates.sh'];

/** Counts who connects, in place of Kafka, the registry and the services. */
let connections = 0;
let server: Server;
let port = '';
beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  port = String(address.port);
});
afterAll(() => {
  server.close();
});

/** Settings with which each program would go to work. */
const environment = () => ({
  PATH: process.env.PATH,
  STACK: 'external',
  KAFKA_BROKERS: `127.0.0.1:${port}`,
  SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}`,
  VXT_WEBHOOK_TOKENS: 'a-token-of-the-tests-0123456789',
  CALL_METRICS_API_TOKENS: 'a-token-of-the-tests-0123456789',
  INGRESS_PORT: port,
  EXPORTER_PORT: port,
});

/** Runs a command to its end, or for 30 s. */
async function run(command: string, args: readonly string[]) {
  const child = spawn(command, args, { cwd: root, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.error += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, ...said };
}

/** Node with the right to read files and to load the codecs of Kafka, and no other: not to write, not to start a process. */
const rights = ['--permission', '--allow-fs-read=*', '--allow-addons', '--disable-warning=SecurityWarning'];
const node = (file: string, ...args: readonly string[]) =>
  run(process.execPath, [...nodeFlags, ...rights, file, ...args]);

describe.each(programs())('When %s is started', (file) => {
  test('with --help, then it says what it does, and does nothing', async () => {
    const before = connections;
    expect(await node(file, '--help')).toEqual({ code: 0, out: expect.stringMatching(/^Usage: /), error: '' });
    expect(connections).toBe(before);
  });

  test.each([[['--no-such-option']], [['surplus', 'surplus']]])(
    'with what it does not know (%j), then it says so, and does nothing',
    async (args) => {
      const before = connections;
      const { code, out, error } = await node(file, ...args);
      expect([code, out, error]).toEqual([
        1,
        '',
        expect.stringMatching(/^error: (unknown option|unknown command|too many arguments|required option)/),
      ]);
      expect(connections).toBe(before);
    },
  );
});

test.each([['services/call-metrics/rebuild/main.ts'], ['services/ingress/redrive/main.ts']])(
  'When %s would rewrite what others read, and nobody can be asked, then it wants --yes, and does nothing',
  async (file) => {
    const before = connections;
    expect(await node(file)).toEqual({ code: 1, out: '', error: expect.stringContaining('Say --yes') });
    expect(connections).toBe(before);
  },
);

test.each(shellScripts)(
  'When %s is started with arguments, then it says that it takes none, and does nothing',
  async (file) => {
    for (const argument of ['--help', 'surplus']) {
      const { code, out, error } = await run(join(root, file), [argument]);
      expect([argument, code]).toEqual([argument, argument === '--help' ? 0 : 2]);
      expect(out + error).toMatch(/^Usage: /);
    }
  },
);

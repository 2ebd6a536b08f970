import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { eventually } from '../support/eventually.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
import { expectOnlyLogLines, quiet } from '../support/log-lines.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { freePort, startProcess } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const stack = isolatedStack();
const file = join(mkdtempSync(join(tmpdir(), 'tokens-')), 'tokens');
const [oldToken, currentToken, nextToken] = [
  'old-token-0123456789',
  'current-token-0123456789',
  'next-token-0123456789',
];

/** Replaces the file in one step, as a secret store does. */
function writeTokens(...tokens: readonly string[]): void {
  writeFileSync(`${file}.new`, `${tokens.join('\n')}\n`);
  renameSync(`${file}.new`, file);
}

const portOf = ({ url }: IngressProcess): number => Number(new URL(url).port);

const metricsOf = ({ adminUrl }: IngressProcess): Promise<string> =>
  fetch(`${adminUrl}/metrics`).then((response) => response.text());

const headOf = (token: string): string =>
  `POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;

let ingress: IngressProcess;

beforeAll(async () => {
  writeTokens(oldToken, currentToken);
  ingress = await startIngressProcess({
    ...stack.environment,
    ...quiet,
    VXT_WEBHOOK_TOKENS_FILE: file,
    WEBHOOK_RECEIVE_TIMEOUT_MS: '1500',
    WEBHOOK_AUTH_FAILURES_PER_MINUTE: '100000',
  });
});

afterAll(async () => {
  expect(await ingress.end()).toBe(0);
  expectOnlyLogLines(ingress);
  for (const token of [oldToken, currentToken, nextToken]) expect(ingress.output()).not.toContain(token);
});

describe('When the tokens file changes under 1,000 requests a second', () => {
  test('then no valid token is ever refused, and the removed one is refused within 2 s', async () => {
    const refused: string[] = [];
    let sent = 0;
    let on = true;
    const sender = async (token: () => string): Promise<void> => {
      while (on) {
        const used = token();
        sent += 1;
        if ((await postWebhook(ingress.url, used, callWebhook(`rotation-${sent}`))) !== 202) refused.push(used);
      }
    };
    let rotated = false;
    const senders = Array.from({ length: 16 }, (_, index) =>
      sender(() => (index % 2 === 0 || !rotated ? currentToken : nextToken)),
    );
    const startedMs = Date.now();
    await eventually(() => sent > 1_000);
    writeTokens(currentToken, nextToken);
    await eventually(async () => (await postWebhook(ingress.url, oldToken, callWebhook('old'))) === 401, {
      deadlineMs: 2_000,
    });
    rotated = true;
    const before = sent;
    await eventually(() => sent > before + 1_000);
    on = false;
    await Promise.all(senders);
    console.log(`${Math.round(sent / ((Date.now() - startedMs) / 1000))} requests/s while rotating`);
    expect(refused).toEqual([]);
  });

  test('to one without a usable token, then the last good ones stay and the log says why', async () => {
    writeFileSync(file, 'too-short\n');
    await eventually(() => ingress.output().includes('tokens-not-reread'));
    expect(ingress.output()).not.toContain('too-short');
    expect(await postWebhook(ingress.url, nextToken, callWebhook('still'))).toBe(202);
    writeTokens(currentToken, nextToken);
  });
});

describe('When a request is not what VXT sends', () => {
  const authorization = { authorization: `Bearer ${currentToken}` };

  test('without a token, then 401 says which scheme, whatever the body', async () => {
    const response = await fetch(ingress.url, { method: 'POST', body: '{' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('with another method, then 405 says which is allowed', async () => {
    const response = await fetch(ingress.url, { headers: authorization });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('to the path with a slash behind it, then it is taken and not redirected', async () => {
    const response = await fetch(`${ingress.url}/`, {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json' },
      body: callWebhook('slash'),
      redirect: 'manual',
    });
    expect(response.status).toBe(202);
  });

  test('to another path, then 404 names the right one', async () => {
    const response = await fetch(ingress.url.replace('/webhooks/vxt', '/'), { redirect: 'manual' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('/webhooks/vxt') });
  });

  test('from a sender that does not finish, then it is answered 408, and the connection ends', async () => {
    const connection = openRawConnection(portOf(ingress));
    connection.send(`${headOf(currentToken)}content-length: 1000\r\n\r\n{`);
    expect(await connection.answered()).toMatchObject({
      status: 408,
      headers: { 'content-type': 'application/problem+json', connection: 'close' },
    });
    expect(await connection.ended()).toBeNull();
  });

  test('nor HTTP at all, then it is answered as a problem and counted', async () => {
    const connection = openRawConnection(portOf(ingress));
    connection.send('hello\r\n\r\n');
    expect(await connection.answered()).toMatchObject({ status: 400 });
    expect(await metricsOf(ingress)).toContain('vxt_webhooks_total{event="none",outcome="malformed_request"} 1');
  });

  test('with two hundred wrong tokens from one address, then that address is answered 429, but a valid token is not, and two lines say so', async () => {
    const strict = await startIngressProcess({
      ...stack.environment,
      ...quiet,
      VXT_WEBHOOK_TOKENS: currentToken,
      WEBHOOK_AUTH_FAILURES_PER_MINUTE: '100',
    });
    const forwarded = ['1.2.3.4', 'not an address', '::1, 2001:db8::7', '%00'];
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const headers = {
          authorization: 'Bearer wrong-token-0123456789',
          'x-forwarded-for': forwarded[index % forwarded.length] ?? '',
          forwarded: 'for="[2001:db8::1]"',
        };
        const response = await fetch(strict.url, { method: 'POST', headers, body: '{}' });
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100);
    expect(await postWebhook(strict.url, currentToken, callWebhook('valid'))).toBe(202);
    expect(await metricsOf(strict)).toContain('vxt_webhook_auth_failures_total 200');
    expect(await strict.end()).toBe(0);
    expectOnlyLogLines(strict);
    expect(strict.output()).not.toContain('wrong-token');
    const lines = strict
      .output()
      .split('\n')
      .filter((line) => line.includes('tokens-refused'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { address: '127.0.0.1', count: 1 },
      { address: '127.0.0.1', count: 199 },
    ]);
  });
});

describe('When the ingress cannot start as it should', () => {
  const failed = async (environment: Readonly<Record<string, string>>): Promise<string> => {
    const service = startProcess('services/ingress/main.ts', {
      ...stack.environment,
      PORT: String(await freePort()),
      ADMIN_PORT: String(await freePort()),
      ...environment,
    });
    await eventually(() => service.child.exitCode !== null, {
      deadlineMs: 30_000,
      what: () => `its end:\n${service.output()}`,
    });
    expect(service.child.exitCode).toBe(1);
    expect(service.output()).not.toMatch(/^\s+at /m);
    return service.output();
  };

  test('without a token, then it says so and exits 1', async () => {
    expect(await failed({})).toContain('VXT_WEBHOOK_TOKENS holds no token');
  });

  test('with a short token, then it says so without the token', async () => {
    const said = await failed({ VXT_WEBHOOK_TOKENS: 'tooshort' });
    expect(said).toContain('shorter than 16');
    expect(said).not.toContain('tooshort');
  });

  test('with a registry that refuses its schema, then it names the subject and the reason', async () => {
    const prefix = `${stack.prefix}refused.`;
    const registry = connectRegistry({ url: stack.registryUrl, username: null, password: null });
    const other = {
      type: 'record',
      name: 'CallLog',
      namespace: 'vxt.events',
      fields: [{ name: 'id', type: 'long' }],
    } as const;
    await registry.register(`${prefix}call-logs-value`, { ...other, fields: [...other.fields] });
    const said = await failed({ VXT_WEBHOOK_TOKENS: currentToken, KAFKA_TOPIC_PREFIX: prefix });
    expect(said).toContain(`refused to register the schema of ${prefix}call-logs-value`);
  });

  test('with a missing topic that it may not create, then it names the topic and the ways out', async () => {
    const said = await failed({
      VXT_WEBHOOK_TOKENS: currentToken,
      KAFKA_TOPIC_PREFIX: `${stack.prefix}none.`,
      KAFKA_CREATE_TOPICS: 'false',
    });
    expect(said).toContain(`${stack.prefix}none.call-logs`);
    expect(said).toContain('KAFKA_CREATE_TOPICS');
  });

  test('with another number of partitions than the topics have, then it says both', async () => {
    const said = await failed({ VXT_WEBHOOK_TOKENS: currentToken, KAFKA_PARTITIONS: '5' });
    expect(said).toContain('KAFKA_PARTITIONS is 5');
    expect(said).toContain('has 3');
  });

  test('with no broker at its address, then it names the address', async () => {
    const said = await failed({ VXT_WEBHOOK_TOKENS: currentToken, KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
    expect(said).toContain('No broker of KAFKA_BROKERS');
  });

  test('with its port taken, then it names the port and the variable', async () => {
    const { port } = new URL(ingress.url);
    expect(await failed({ VXT_WEBHOOK_TOKENS: currentToken, PORT: port })).toContain(
      `Port ${port} on 127.0.0.1 is in use`,
    );
  });
});

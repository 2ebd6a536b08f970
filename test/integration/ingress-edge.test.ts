import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { eventually } from '../support/eventually.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
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

let ingress: IngressProcess;

beforeAll(async () => {
  writeTokens(oldToken, currentToken);
  ingress = await startIngressProcess({
    ...stack.environment,
    VXT_WEBHOOK_TOKENS_FILE: file,
    WEBHOOK_RECEIVE_TIMEOUT_MS: '1500',
    WEBHOOK_AUTH_FAILURES_PER_MINUTE: '100000',
  });
});

afterAll(async () => {
  expect(await ingress.end()).toBe(0);
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

  test('from a sender that does not finish, then the connection is answered 408 and closed', async () => {
    const { port } = new URL(ingress.url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(
      `POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${currentToken}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    );
    await eventually(() => socket.closed, { deadlineMs: 10_000 });
    expect(answer).toContain('408');
  });

  test('with two hundred wrong tokens from one address, then that address is answered 429, but a valid token is not', async () => {
    const strict = await startIngressProcess({
      ...stack.environment,
      VXT_WEBHOOK_TOKENS: currentToken,
      WEBHOOK_AUTH_FAILURES_PER_MINUTE: '100',
    });
    const statuses = await Promise.all(Array.from({ length: 200 }, () => postWebhook(strict.url, 'wrong', '{}')));
    expect(statuses.filter((status) => status === 401)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100);
    expect(await postWebhook(strict.url, currentToken, callWebhook('valid'))).toBe(202);
    const metrics = await fetch(`${strict.adminUrl}/metrics`).then((response) => response.text());
    expect(metrics).toContain('vxt_webhook_auth_failures_total 200');
    expect(await strict.end()).toBe(0);
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

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReader } from '../../services/shared/avro/reader.ts';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import type { CallLog, Voicemail } from '../../services/shared/call-events/avro-types.generated.ts';
import { callLogWebhook, voicemailWebhook } from '../../services/shared/call-events/from-record.ts';
import { parseJson } from '../../services/shared/call-events/parse-json.ts';
import { type LoggedRecord, readLog } from '../support/kafka-log.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';

type Entry = Readonly<{
  name: string;
  status: number;
  topic: string | null;
  reason?: string;
  pointer?: string;
  headers?: Readonly<Record<string, string | null>>;
  encode?: 'gzip' | 'deflate' | 'br';
  /** Spaces behind the body, up to this many bytes. */
  padTo?: number;
  /** Characters in place of the payload's `notes`. */
  growField?: number;
}>;

const directory = join(import.meta.dirname, '../fixtures/webhooks');
const corpus: readonly Entry[] = JSON.parse(readFileSync(join(directory, 'corpus.json'), 'utf8'));
const token = 'MARKER-token-0123456789';
const stack = isolatedStack();
const topics = ['call-logs', 'voicemails', 'unrecognised-webhooks'];

let ingress: ServiceProcess;
let port: number;
let adminPort: number;
const answers = new Map<
  string,
  Readonly<{ status: number; headers: Readonly<Record<string, unknown>>; body: string }>
>();
const records = new Map<string, LoggedRecord>();

/** The body as the sender has it, before compression. */
function bodyOf(entry: Entry): Buffer {
  const body = readFileSync(join(directory, `${entry.name}.json`));
  if (entry.growField !== undefined)
    return Buffer.from(body.toString().replace(/(?<="notes": ")[^"]*/, 'n'.repeat(entry.growField)));
  return entry.padTo === undefined ? body : Buffer.concat([body, Buffer.alloc(entry.padTo - body.length, ' ')]);
}

const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

function post(
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/webhooks/vxt',
      method: 'POST',
      headers: { ...headers, 'content-length': body.length },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end(body);
  });
}

beforeAll(async () => {
  port = await freePort();
  adminPort = await freePort();
  ingress = startProcess('services/ingress/main.ts', {
    ...stack.environment,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    VXT_WEBHOOK_TOKENS: token,
    LOG_LEVEL: 'debug',
  });
  await untilReady(ingress, `http://127.0.0.1:${adminPort}/readyz`);
  for (const entry of corpus) {
    const { 'content-type': contentType = 'application/json', ...more } = entry.headers ?? {};
    const headers: Record<string, string> = {
      authorization: `Bearer ${token}`,
      traceparent: traceparentOf(entry),
      tracestate: 'vendor=1',
    };
    if (contentType !== null) headers['content-type'] = contentType;
    for (const [name, value] of Object.entries(more)) if (value !== null) headers[name] = value;
    if (entry.encode !== undefined) headers['content-encoding'] = entry.encode;
    const body = bodyOf(entry);
    answers.set(entry.name, await post(entry.encode === undefined ? body : compress[entry.encode](body), headers));
  }
  const log = await readLog(
    stack.brokers,
    topics.map((topic) => stack.prefix + topic),
  );
  for (const record of log) {
    const entry = corpus.find((one) => record.headers.traceparent?.includes(traceparentOf(one).slice(3, 35)));
    if (entry === undefined) throw new Error(`A record nobody sent: ${record.topic} ${record.offset}`);
    if (records.has(entry.name)) throw new Error(`${entry.name} is in the log twice`);
    records.set(entry.name, record);
  }
});

afterAll(async () => {
  expect(await ingress.end()).toBe(0);
});

/** A trace id per fixture, by which its record is found. */
const traceparentOf = (entry: Entry): string =>
  `00-${(corpus.indexOf(entry) + 1).toString(16).padStart(32, '0')}-00000000000000aa-00`;

describe.each(corpus)('When VXT sends $name', (entry) => {
  test(`then the answer is ${entry.status}`, () => {
    const answer = answers.get(entry.name);
    expect(answer?.status).toBe(entry.status);
    if (entry.status !== 202) {
      expect(answer?.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status: entry.status, title: expect.any(String) });
    }
  });

  test(`then it is in ${entry.topic ?? 'no topic'}`, async () => {
    const record = records.get(entry.name);
    expect(record?.topic).toBe(entry.topic === null ? undefined : stack.prefix + entry.topic);
    if (record === undefined || record.value === null) return;
    expect(record.headers.tracestate).toBe('vendor=1');
    const body = bodyOf(entry);
    if (entry.topic === 'unrecognised-webhooks') {
      expect(record.value.equals(body)).toBe(true);
      expect(record.key).toBeNull();
      expect(record.headers).toMatchObject({
        reason: entry.reason,
        pointer: entry.pointer,
        'content-type': 'application/json',
      });
      expect(Date.parse(record.headers['received-at'] ?? '')).toBeGreaterThan(Date.now() - 120_000);
      return;
    }
    expect(await decoded(record)).toEqual(parseJson(body.toString().replace(/^\ufeff/, '')));
    expect(record.headers).toMatchObject({
      ce_specversion: '1.0',
      ce_source: '/vxt/webhooks',
      'content-type': 'application/avro',
      ce_dataschema: `${stack.registryUrl}/schemas/ids/${record.value.readInt32BE(1)}`,
    });
  });
});

async function decoded(record: LoggedRecord): Promise<unknown> {
  const registry = connectRegistry({ url: stack.registryUrl, username: null, password: null });
  const value = record.value ?? Buffer.alloc(0);
  if (record.topic.endsWith('call-logs')) {
    const reader = createReader<CallLog>(registry, 'call-log');
    await reader.learn([value]);
    const result = reader.decode(value);
    return result.ok ? callLogWebhook(result.value) : result.reason;
  }
  const reader = createReader<Voicemail>(registry, 'voicemail');
  await reader.learn([value]);
  const result = reader.decode(value);
  return result.ok ? voicemailWebhook(result.value) : result.reason;
}

/** As JSON.parse has it, but as Python's json tells numbers: one zero, and decode_events.py's name for what is beyond a double. */
const asPythonTells = (body: string): unknown =>
  JSON.parse(body.replace(/^\ufeff/, ''), (_name, value: unknown) => {
    if (value === 0) return 0;
    return value === Number.POSITIVE_INFINITY ? 'beyond a double' : value;
  });

/** Needs the packages of test/contract/python/requirements.txt; CI installs them, so there their absence is a failure. */
const hasFastavro = process.env.CI === 'true' || spawnSync('python3', ['-c', 'import fastavro']).status === 0;

(hasFastavro ? test : test.skip)(
  'When a subscriber in Python reads the events through the registry with fastavro, then it has every webhook whole',
  () => {
    const events = corpus.filter(({ topic }) => topic === 'call-logs' || topic === 'voicemails');
    const input = events.map(({ name }) => records.get(name)?.value?.toString('hex')).join('\n');
    const script = join(import.meta.dirname, '../contract/python/decode_events.py');
    const output = execFileSync('python3', [script, stack.registryUrl], {
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const webhooks = output.trimEnd().split('\n');
    expect(webhooks).toHaveLength(events.length);
    for (const [index, entry] of events.entries()) {
      expect(JSON.parse(webhooks[index] ?? '')).toEqual(asPythonTells(bodyOf(entry).toString()));
    }
  },
);

test('When the corpus has been sent, then no log line, metric or answer holds anything of a payload or a token', async () => {
  const metrics = await fetch(`http://127.0.0.1:${adminPort}/metrics`).then((response) => response.text());
  expect(metrics).toContain('vxt_webhooks_total{event="unrecognised",outcome="accepted"}');
  expect(ingress.output()).toContain('ingress-listening');
  expect(ingress.output()).not.toContain('MARKER');
  expect(metrics).not.toContain('MARKER');
  for (const answer of answers.values()) expect(answer.body).not.toContain('MARKER');
});

test('When an event has a user, a number or neither, then its key is the uid, the number or its own id', () => {
  expect(records.get('call-inbound-missed')?.key).toBe('MARKER-uid-user');
  expect(records.get('call-without-user')?.key).toBe('+649MARKER');
  expect(records.get('call-without-user-or-number')?.key).toBe('MARKER-c07');
  expect(records.get('call-inbound-missed')?.headers).toMatchObject({
    ce_id: 'callLog/MARKER-c02',
    ce_type: 'vxt.callLog',
    ce_time: '2025-11-21T04:40:00.000Z',
  });
});

test('When an id has control characters or a time is beyond the years of RFC 3339, then no header of the record has', () => {
  expect(records.get('control-character-in-id')?.headers.ce_id).toBe('callLog/MARKER-u10%0A%07 100%25');
  expect(records.get('year-beyond-9999')?.headers).toMatchObject({ ce_id: 'callLog/MARKER-u11' });
  expect(records.get('year-beyond-9999')?.headers.ce_time).toBeUndefined();
  expect(records.get('minus-zero')?.headers.ce_time).toBe('1970-01-01T00:00:00.000Z');
});

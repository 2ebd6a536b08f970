import { afterAll, expect, test } from '@jest/globals';
import { context, propagation, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createReceiveWebhook } from '../../../services/ingress/receive-webhook.ts';
import type { OutgoingRecord } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { startTrace, traceBatch } from '../../../services/shared/observability/tracing.ts';
import { callWebhook } from '../../support/webhooks.ts';

const wellFormed = /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/;
const sender = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
/** W3C: a parent id of zeros makes it malformed. */
const ofNoParent = `${sender.slice(0, 36)}${'0'.repeat(16)}-01`;
const exporter = new InMemorySpanExporter();
const published: OutgoingRecord[] = [];
const encoder = { schemaId: 1, encode: () => Buffer.alloc(0) };
const receive = createReceiveWebhook(
  () => ({ callLog: encoder, voicemail: encoder, schemaUri: String }),
  (message) => ({ ...message, partition: 0 }),
  async (record) => {
    published.push(record);
    return 'durable';
  },
  (error) => {
    throw error;
  },
);

async function headersFor(traceparent: string | null, tracestate: string | null = null) {
  const trace = startTrace('receive webhook', 'server', { traceparent, tracestate });
  await receive({ body: Buffer.from(callWebhook('PAYLOAD-MARKER')), contentType: null, atMs: 0 }, trace);
  trace.end();
  return published.at(-1)?.headers ?? {};
}

const receiveWith = async (traceparent: string | null): Promise<string> =>
  (await headersFor(traceparent)).traceparent ?? '';

test('When no SDK is loaded, then a record continues the sender’s trace, or begins one', async () => {
  const continued = await receiveWith(sender);
  expect(continued).toMatch(wellFormed);
  expect(continued.slice(0, 36)).toBe(sender.slice(0, 36));
  expect(continued).not.toBe(sender);
  expect(await receiveWith(null)).toMatch(wellFormed);
  expect(await receiveWith('PAYLOAD-MARKER')).toMatch(wellFormed);
});

test('When no SDK is loaded, then flags and tracestate of the sender go on; a malformed traceparent takes its tracestate with it', async () => {
  const random = sender.replace(/01$/, '03');
  const headers = await headersFor(random, 'vendor=1');
  expect(headers.traceparent).toMatch(/-03$/);
  expect(headers.tracestate).toBe('vendor=1');
  const begun = await headersFor(ofNoParent, 'vendor=1');
  expect(begun.traceparent).toMatch(wellFormed);
  expect(begun.traceparent).not.toContain(sender.slice(3, 35));
  expect('tracestate' in begun).toBe(false);
});

test('When an SDK is loaded, then receiving and publishing are spans of one trace, and tell nothing of the payload', async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const header = await receiveWith(null);
  const [publish, received] = exporter.getFinishedSpans();
  expect([publish?.name, received?.name]).toEqual(['publish webhook', 'receive webhook']);
  expect(publish?.parentSpanContext?.spanId).toBe(received?.spanContext().spanId);
  expect(header).toBe(`00-${publish?.spanContext().traceId}-${publish?.spanContext().spanId}-01`);
  const told = [publish, received].map((span) => [span?.attributes, span?.status, span?.events]);
  expect(JSON.stringify(told)).not.toContain('MARKER');
});

test('When an SDK is loaded, then a sender’s trace goes on in its spans, with its tracestate, flags and no propagator set up', async () => {
  exporter.reset();
  const headers = await headersFor(sender.replace(/01$/, '03'), 'vendor=1, other=2');
  const [publish, received] = exporter.getFinishedSpans();
  expect(received?.parentSpanContext).toMatchObject({ spanId: sender.slice(36, 52), isRemote: true });
  expect(headers.traceparent).toBe(`00-${sender.slice(3, 35)}-${publish?.spanContext().spanId}-03`);
  expect(headers.tracestate).toBe('vendor=1,other=2');
  expect('tracestate' in (await headersFor(sender))).toBe(false);
  expect('tracestate' in (await headersFor(null, 'vendor=1'))).toBe(false);
});

test('When an SDK is loaded and the sender does not sample, then neither do the spans', async () => {
  exporter.reset();
  const headers = await headersFor(sender.replace(/01$/, '00'), 'vendor=1');
  expect(exporter.getFinishedSpans()).toEqual([]);
  expect(headers.traceparent).toMatch(new RegExp(`^00-${sender.slice(3, 35)}-[0-9a-f]{16}-00$`));
  expect(headers.tracestate).toBe('vendor=1');
});

test('When an SDK is loaded, then a batch is a span that links to the traces of its records', async () => {
  exporter.reset();
  await traceBatch(
    'consume batch',
    { 'messaging.destination.name': 't' },
    () => [sender, '', ofNoParent, `${sender.replace('00', '01')}-later`],
    async () => undefined,
  );
  const fails = traceBatch(
    'consume batch',
    {},
    () => [],
    () => Promise.reject(new Error('away')),
  );
  await expect(fails).rejects.toThrow('away');
  const [batch, failed] = exporter.getFinishedSpans();
  expect(batch?.links.map(({ context: { traceId } }) => traceId)).toEqual([sender.slice(3, 35), sender.slice(3, 35)]);
  expect(failed?.status.code).toBe(2);
});

afterAll(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

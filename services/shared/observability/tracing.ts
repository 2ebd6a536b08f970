import { randomFillSync } from 'node:crypto';
import {
  type Context,
  context,
  createTraceState,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  RANDOM,
  readTraceContext,
  SAMPLED,
  type TraceCarrier,
  type TraceContext,
  writeTraceparent,
} from './trace-context.ts';

/**
 * A span of the OpenTelemetry API. Without an SDK in the process (load one with `NODE_OPTIONS=--import …`), spans cost nothing and are not exported. Attributes are
 * topics and outcomes, never payloads, tokens or personal data.
 */
export type Traced = Readonly<{
  /** W3C trace context for outgoing records: that of the span if an SDK runs, otherwise the sender's, otherwise a new one. */
  traceparent: string;
  /** The `tracestate` that belongs to `traceparent`: the SDK's if one runs, otherwise the sender's. Null if there is none. */
  tracestate: string | null;
  /** For exemplars: the trace id, 32 hex digits, if an SDK samples this span. Null otherwise. */
  sampledTraceId: string | null;
  /** Starts a span within this one. */
  child: (name: string, attributes: Readonly<Record<string, string | number>>) => Traced;
  /** Ends the span; `problem` marks it as failed. */
  end: (problem?: string) => void;
}>;

const tracer = trace.getTracer('vxt-call-events');

/** Starts a span for an incoming message with this trace context. The sender's trace is continued if the context is well-formed. */
export function startTrace(name: string, kind: 'server' | 'consumer', carrier: TraceCarrier): Traced {
  const sender = readTraceContext(carrier);
  const parent = sender === null ? context.active() : trace.setSpanContext(context.active(), remote(sender));
  const spanKind = kind === 'server' ? SpanKind.SERVER : SpanKind.CONSUMER;
  return traced(tracer.startSpan(name, { kind: spanKind }, parent), parent, sender);
}

function traced(span: Span, parent: Context, sender: TraceContext | null): Traced {
  const own = span.spanContext();
  // Without an SDK, a span has the context of its parent, or none.
  const hasOwnContext = trace.isSpanContextValid(own) && own.spanId !== trace.getSpanContext(parent)?.spanId;
  const current = hasOwnContext ? trace.setSpan(parent, span) : parent;
  const sampled = own.traceFlags & SAMPLED;
  let traceparent: string | null = null;
  return {
    get traceparent() {
      const random = own.traceId === sender?.traceId ? sender.flags & RANDOM : 0;
      traceparent ??= hasOwnContext
        ? writeTraceparent(own.traceId, own.spanId, sampled | random)
        : continuedFrom(sender);
      return traceparent;
    },
    tracestate: (hasOwnContext ? own.traceState?.serialize() : sender?.tracestate) || null,
    sampledTraceId: hasOwnContext && sampled !== 0 ? own.traceId : null,
    child: (name, attributes) => {
      const child = tracer.startSpan(name, { kind: SpanKind.PRODUCER, attributes }, current);
      return traced(child, current, sender);
    },
    end: (problem) => {
      if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
      span.end();
    },
  };
}

const remote = ({ traceId, parentId, flags, tracestate }: TraceContext) => ({
  traceId,
  spanId: parentId,
  traceFlags: flags,
  isRemote: true,
  ...(tracestate === null ? {} : { traceState: createTraceState(tracestate) }),
});

/** A `traceparent` with the sender's trace and a new span id, or, without a sender, with a new trace that is not sampled. */
function continuedFrom(sender: TraceContext | null): string {
  const random = randomHex();
  const spanId = random.slice(32);
  if (sender === null) return writeTraceparent(random.slice(0, 32), spanId, 0);
  return writeTraceparent(sender.traceId, spanId, sender.flags);
}

const ID_BYTES = 24;
const pool = Buffer.alloc(ID_BYTES * 128);
let used = pool.length;

/** 48 random hex digits. Random bytes are requested in bulk, because a request costs more than everything else in a span. */
function randomHex(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}

/** Runs `work` in a consumer span that links to the traces of the records it handles. `traceparents` is called only if an SDK records the span. */
export async function traceBatch(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  traceparents: () => readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const span = tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes });
  if (span.isRecording()) {
    for (const traceparent of traceparents()) {
      const sender = readTraceContext({ traceparent, tracestate: null });
      if (sender !== null) span.addLink({ context: remote(sender) });
    }
  }
  try {
    await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

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
 * Spans through the OpenTelemetry API: without an SDK in the process (load one with `NODE_OPTIONS=--import …`) they
 * cost nothing and go nowhere. Attributes are topics and outcomes; never a payload, a token or a person.
 */
export type Traced = Readonly<{
  /** W3C trace context for what leaves here: of the span where an SDK runs, else of the sender, else a new one. */
  traceparent: string;
  /** What belongs to `traceparent`: the SDK's where one runs, else the sender's. Null where there is none. */
  tracestate: string | null;
  /** The trace id, 32 hex digits, if an SDK samples this span; else null. For exemplars. */
  sampledTraceId: string | null;
  /** A span within this one. */
  child: (name: string, attributes: Readonly<Record<string, string | number>>) => Traced;
  /** Ends the span; `problem` marks it as failed. */
  end: (problem?: string) => void;
}>;

const tracer = trace.getTracer('vxt-call-events');

/** A span for something that came from outside with this trace context: it goes on where the context is well-formed. */
export function startTrace(name: string, kind: 'server' | 'consumer', carrier: TraceCarrier): Traced {
  const sender = readTraceContext(carrier);
  const parent = sender === null ? context.active() : trace.setSpanContext(context.active(), remote(sender));
  const spanKind = kind === 'server' ? SpanKind.SERVER : SpanKind.CONSUMER;
  return traced(tracer.startSpan(name, { kind: spanKind }, parent), parent, sender);
}

function traced(span: Span, parent: Context, sender: TraceContext | null): Traced {
  const own = span.spanContext();
  // Without an SDK a span has the context of its parent, or none.
  const live = trace.isSpanContextValid(own) && own.spanId !== trace.getSpanContext(parent)?.spanId;
  const current = live ? trace.setSpan(parent, span) : parent;
  const sampled = own.traceFlags & SAMPLED;
  let traceparent: string | null = null;
  return {
    get traceparent() {
      const random = own.traceId === sender?.traceId ? sender.flags & RANDOM : 0;
      traceparent ??= live ? writeTraceparent(own.traceId, own.spanId, sampled | random) : continued(sender);
      return traceparent;
    },
    tracestate: (live ? own.traceState?.serialize() : sender?.tracestate) || null,
    sampledTraceId: live && sampled !== 0 ? own.traceId : null,
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

/** The sender's trace under a new span id, or a new trace that nobody samples. */
function continued(sender: TraceContext | null): string {
  const random = randomHex();
  const spanId = random.slice(32);
  if (sender === null) return writeTraceparent(random.slice(0, 32), spanId, 0);
  return writeTraceparent(sender.traceId, spanId, sender.flags);
}

const ID_BYTES = 24;
const pool = Buffer.alloc(ID_BYTES * 128);
let used = pool.length;

/** 48 random hex digits; asks the system for many at once, as each question costs more than all else in a span. */
function randomHex(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}

/** Runs `work` in a consumer's span that links to the traces of the records it handles; these are asked for only if an SDK records. */
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

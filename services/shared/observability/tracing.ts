import { randomFillSync } from 'node:crypto';
import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/**
 * Spans through the OpenTelemetry API: without an SDK in the process (load one with `NODE_OPTIONS=--import …`) they
 * cost nothing and go nowhere. Attributes are topics and outcomes; never a payload, a token or a person.
 */
export type Traced = Readonly<{
  /** W3C trace context for what leaves here: of the span where an SDK runs, else of the sender, else a new one. */
  traceparent: string;
  /** The trace id, 32 hex digits, if an SDK samples this span; else null. For exemplars. */
  sampledTraceId: string | null;
  /** A span within this one. */
  child: (name: string, attributes: Readonly<Record<string, string | number>>) => Traced;
  /** Ends the span; `problem` marks it as failed. */
  end: (problem?: string) => void;
}>;

const tracer = trace.getTracer('vxt-call-events');
const wellFormed = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A span for something that came from outside with this `traceparent` (null: with none). */
export function startTrace(name: string, kind: 'server' | 'consumer', traceparent: string | null): Traced {
  const parent = traceparent === null ? context.active() : propagation.extract(context.active(), { traceparent });
  const spanKind = kind === 'server' ? SpanKind.SERVER : SpanKind.CONSUMER;
  return traced(tracer.startSpan(name, { kind: spanKind }, parent), parent, traceparent);
}

function traced(span: Span, parent: Context, received: string | null): Traced {
  const own = span.spanContext();
  const live = trace.isSpanContextValid?.(own) ?? false;
  const current = live ? trace.setSpan(parent, span) : parent;
  let traceparent: string | null = null;
  return {
    get traceparent() {
      traceparent ??= live ? `00-${own.traceId}-${own.spanId}-0${own.traceFlags & 1}` : continued(received);
      return traceparent;
    },
    sampledTraceId: live && (own.traceFlags & 1) === 1 ? own.traceId : null,
    child: (name, attributes) => {
      const child = tracer.startSpan(name, { kind: SpanKind.PRODUCER, attributes }, current);
      return traced(child, current, received);
    },
    end: (problem) => {
      if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
      span.end();
    },
  };
}

/** The sender's trace under a new span id, or a new trace that nobody samples. */
function continued(received: string | null): string {
  const [, traceId = null, , flags = '00'] = wellFormed.exec(received ?? '') ?? [];
  const random = randomHex();
  return `00-${traceId ?? random.slice(0, 32)}-${random.slice(32)}-${flags}`;
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
      const [, traceId, spanId, flags] = wellFormed.exec(traceparent) ?? [];
      if (traceId !== undefined && spanId !== undefined) {
        span.addLink({ context: { traceId, spanId, traceFlags: Number.parseInt(flags ?? '00', 16), isRemote: true } });
      }
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

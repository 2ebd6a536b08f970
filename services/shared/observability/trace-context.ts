/** What a sender says of its trace, as it came: null where it says nothing. */
export type TraceCarrier = Readonly<{ traceparent: string | null; tracestate: string | null }>;

/** A trace that goes on here, by W3C Trace Context (level 2). */
export type TraceContext = Readonly<{
  /** 32 lower-case hex digits, not all zero. */
  traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  parentId: string;
  /** The bits that level 2 knows: 1 is sampled, 2 is random. */
  flags: number;
  /** The list of what each vendor knows of the trace; null where it is empty or malformed. */
  tracestate: string | null;
}>;

export const SAMPLED = 1;
export const RANDOM = 2;

/**
 * The trace of a sender, or null where its `traceparent` is malformed: then a `tracestate` says nothing either. Of a
 * version after 00 the first four fields count, as the recommendation asks.
 */
export function readTraceContext({ traceparent, tracestate }: TraceCarrier): TraceContext | null {
  const [all, version, traceId = '', parentId = '', flags = ''] = traceparentForm.exec(traceparent ?? '') ?? [];
  if (traceparent === null || all === undefined || version === 'ff') return null;
  if (version === '00' && traceparent.length !== all.length) return null;
  if (allZero.test(traceId) || allZero.test(parentId)) return null;
  return {
    traceId,
    parentId,
    flags: Number.parseInt(flags, 16) & (SAMPLED | RANDOM),
    tracestate: tracestate === null ? null : readTracestate(tracestate),
  };
}

/** The header `traceparent`, always of version 00. */
export const writeTraceparent = (traceId: string, parentId: string, flags: number): string =>
  `00-${traceId}-${parentId}-0${flags}`;

const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?=-|$)/;
const allZero = /^0+$/;

/** The length that everyone should pass on, and the SDK's own limit. A longer list is dropped whole. */
const MAX_TRACESTATE_UNITS = 512;
const MAX_TRACESTATE_MEMBERS = 32;

/** The list without white space and empty members. Malformed in one member, it is dropped whole. */
function readTracestate(tracestate: string): string | null {
  if (tracestate.length > MAX_TRACESTATE_UNITS) return null;
  const members = tracestate
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length > MAX_TRACESTATE_MEMBERS || !members.every((member) => memberForm.test(member))) return null;
  return members.length === 0 ? null : members.join();
}

/** A key, and a value of printable ASCII without comma and equals sign that ends in no space. */
const memberForm = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

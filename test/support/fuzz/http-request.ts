/** The settings of the services under test that requests are made for. */
export const BODY_LIMIT = 1_048_576;
/** No log line, metric or answer may hold it, nor what else begins with MARKER. */
export const TOKEN = 'MARKER-fuzz-token-0123456789';
export const WEBHOOK_PATH = '/webhooks/vxt';

/** A request to be: what is in it is not checked, and may be no HTTP. */
export type HttpRequest = Readonly<{
  method: string;
  target: string;
  version: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}>;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** The trace id of a case's request, by which its record is found. */
export const traceIdOf = (number: number, index: number): string => `f0${hex(number, 14)}${hex(index + 1, 16)}`;

/** The id of the event in a case's request. */
export const eventIdOf = (number: number, index: number): string => `fuzz-${number}-${index}`;

/** What is sent to the webhook's path with a valid token. */
export function webhookRequest(number: number, index: number, body: Buffer): HttpRequest {
  return {
    method: 'POST',
    target: WEBHOOK_PATH,
    version: 'HTTP/1.1',
    headers: [
      ['host', 'x'],
      ['authorization', `Bearer ${TOKEN}`],
      ['content-type', 'application/json'],
      ['traceparent', `00-${traceIdOf(number, index)}-00f067aa0ba902b7-00`],
    ],
    body,
  };
}

type Header = readonly [name: string, value: string];

/** The request with these headers behind its own. */
export const adding = (request: HttpRequest, ...headers: readonly Header[]): HttpRequest => ({
  ...request,
  headers: [...request.headers, ...headers],
});

export const without = (request: HttpRequest, name: string): HttpRequest => ({
  ...request,
  headers: request.headers.filter(([known]) => known !== name),
});

/** The request with this header instead of its own of that name. */
export const replacing = (request: HttpRequest, name: string, value: string): HttpRequest =>
  adding(without(request, name), [name, value]);

/** The request with the length of its body. */
export const sized = (request: HttpRequest): HttpRequest =>
  adding(request, ['content-length', String(request.body.length)]);

/** The last of its connection. */
export const last = (request: HttpRequest): HttpRequest => adding(request, ['connection', 'close']);

export function headOf({ method, target, version, headers }: HttpRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} ${version}\r\n${lines.join('')}\r\n`, 'latin1');
}

/** The bytes of a request, as it is. */
export const rendered = (request: HttpRequest): Buffer => Buffer.concat([headOf(request), request.body]);

/** The bytes of a request that has no more to its framing than a length. */
export const whole = (request: HttpRequest): Buffer => rendered(sized(request));

import { isIPv6 } from 'node:net';

/** Where a broker is; `host` of an IPv6 address is without its brackets. Or what is wrong with the text, in words that follow it. */
export type BrokerAddress = Readonly<{ host: string; port: number } | { problem: string }>;

const hostName = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;

/** Reads `host:port`, or `[IPv6 address]:port`, with a port from 1 to 65535. */
export function brokerAddress(text: string): BrokerAddress {
  const scheme = /^\w+:\/\//.exec(text)?.[0];
  if (scheme !== undefined) return { problem: `begins with ${scheme}, which does not belong there` };
  const bracketed = text.startsWith('[');
  if (!bracketed && text.split(':').length > 2)
    return { problem: 'has more than one colon: an IPv6 address stands in brackets, as in [::1]:9092' };
  const at = bracketed ? text.indexOf(']') + 1 : text.indexOf(':');
  const host = bracketed ? text.slice(1, at - 1) : text.slice(0, at);
  if (text[at] !== ':') return { problem: 'has no port' };
  if (bracketed && !isIPv6(host)) return { problem: 'has no IPv6 address in its brackets' };
  if (!bracketed && !hostName.test(host)) return { problem: 'has no host name or address before its port' };
  const port = /^\d{1,5}$/.test(text.slice(at + 1)) ? Number(text.slice(at + 1)) : 0;
  return port >= 1 && port <= 65_535 ? { host, port } : { problem: 'has a port that is not from 1 to 65535' };
}

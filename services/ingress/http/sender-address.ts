import { isIPv6 } from 'node:net';

/**
 * Under what a sender's failures are counted and logged: an IPv4 address, or the /64 of an IPv6 address, as who has one
 * of those has all 2^64. `unknown` where the connection is gone already.
 */
export function senderAddress(remoteAddress: string | undefined): string {
  const address = remoteAddress?.replace(/%.*$/, '') ?? 'unknown';
  if (!isIPv6(address)) return address;
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  const [before = '', after] = address.split('::');
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  const zeros: readonly string[] = after === undefined ? [] : Array(8 - head.length - tail.length).fill('0');
  const prefix = [...head, ...zeros, ...tail].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}

/** A dotted end stands for two groups; their values are beyond the first 64 bits. */
const groupsOf = (text: string): readonly string[] =>
  text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));

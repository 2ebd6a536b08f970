import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../services/shared/config/secret.ts';
import { createTokenCheck, tokenProblems } from '../../../services/shared/http/bearer-tokens.ts';

const current = 'current-token-0123456789';
const next = 'next-token-0123456789abc';
const check = createTokenCheck([new Secret(current), new Secret(next)]);

describe('When a request brings an Authorization header', () => {
  test.each([`Bearer ${current}`, `bearer ${next}`, `BEARER   ${current}  `])('%s, then it is accepted', (header) => {
    expect(check(header)).toBe(true);
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Basic ${current}`,
    current,
    `Bearer ${current}x`,
    `Bearer ${current.slice(0, -1)}`,
    `Bearer ${current} ${next}`,
    `Bearer ${current},${next}`,
    `xBearer ${current}`,
  ])('%s, then it is refused', (header) => {
    expect(check(header)).toBe(false);
  });
});

describe('When tokens are configured', () => {
  test('with none, then that is a problem', () => {
    expect(tokenProblems([], 'VXT_WEBHOOK_TOKENS')).toHaveLength(1);
  });

  test('with one shorter than 16 characters, then the problem names its place and not the token', () => {
    const problems = tokenProblems([new Secret(current), new Secret('short-secret')], 'VXT_WEBHOOK_TOKENS');
    expect(problems).toEqual([expect.stringContaining('token 2 is shorter than 16')]);
    expect(problems.join()).not.toContain('short-secret');
  });
});

test('A secret prints as [redacted] wherever something prints it', () => {
  const secret = new Secret(current);
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true }),
  ];
  for (const text of printed) {
    expect(text).toContain('[redacted]');
    expect(text).not.toContain(current);
  }
});

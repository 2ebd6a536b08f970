import { hash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** The least length of a token: 16 characters at random are beyond guessing. */
export const LEAST_TOKEN_LENGTH = 16;

/** Checks the Authorization header of a request. */
export type TokenCheck = (authorization: string | undefined) => boolean;

/**
 * Accepts any of `tokens` as `Bearer <token>`, the scheme in any case (RFC 9110, 11.1). Constant time: both sides are
 * hashed to the same length first, and every token is compared.
 */
export function createTokenCheck(tokens: readonly Secret[]): TokenCheck {
  const digests = tokens.map((token) => digest(token.reveal()));
  return (authorization) => {
    const [, presented] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
    if (presented === undefined) return false;
    const candidate = digest(presented);
    let accepted = false;
    for (const known of digests) accepted = timingSafeEqual(known, candidate) || accepted;
    return accepted;
  };
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/** The problems of a list of tokens, in words that hold none of them. */
export function tokenProblems(tokens: readonly Secret[], source: string): readonly string[] {
  if (tokens.length === 0)
    return [`${source} holds no token: give the one that VXT sends as "Authorization: Bearer …"`];
  return tokens.flatMap((token, index) =>
    token.reveal().length < LEAST_TOKEN_LENGTH || /\s/.test(token.reveal())
      ? [`${source}: token ${index + 1} is shorter than ${LEAST_TOKEN_LENGTH} characters or holds a space`]
      : [],
  );
}

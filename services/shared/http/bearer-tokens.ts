import { hash, timingSafeEqual } from 'node:crypto';
import { Secret } from '../config/secret.ts';

/** In characters: 16 random ones cannot be guessed. */
export const MIN_TOKEN_LENGTH = 16;

/** Checks the Authorization header of a request. */
export type TokenCheck = (authorization: string | undefined) => boolean;

/** The tokens of a list, without surrounding white space. Empty members are left out. */
export const parseTokens = (list: string, separator: string | RegExp): readonly Secret[] =>
  list
    .split(separator)
    .map((token) => token.trim())
    .filter((token) => token !== '')
    .map((token) => new Secret(token));

/**
 * Accepts any of `tokens` as `Bearer <token>`, with the scheme in upper or lower case (RFC 9110, 11.1). Constant time: both sides are hashed to the same length
 * first, and every token is compared.
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

/** What is wrong with a list of tokens, in messages that contain no token. Empty if nothing is. */
export function tokenProblems(tokens: readonly Secret[], source: string): readonly string[] {
  if (tokens.length === 0)
    return [`${source} holds no token: give the one that VXT sends as "Authorization: Bearer …"`];
  return tokens.flatMap((token, index) =>
    token.reveal().length < MIN_TOKEN_LENGTH || /\s/.test(token.reveal())
      ? [`${source}: token ${index + 1} is shorter than ${MIN_TOKEN_LENGTH} characters or contains a space`]
      : [],
  );
}

import { hash, timingSafeEqual } from 'node:crypto';
import { Secret } from '../shared/config/secret.ts';
import { SettingsError } from '../shared/config/settings.ts';

/** Whether the Authorization header of a request holds a known token. */
export type TokenCheck = (authorization: string | undefined) => boolean;

/** The least length of a token: 16 characters at random are beyond guessing. */
const LEAST_TOKEN_LENGTH = 16;

/** Throws SettingsError where there is no token, or one that is too short: the query API is never open. */
export function readApiTokens(list: Secret | null): readonly Secret[] {
  const tokens = (list?.reveal() ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  if (tokens.length === 0) {
    throw new SettingsError([
      'CALL_METRICS_API_TOKENS is not set: give the tokens that clients of the query API send, for instance from `openssl rand -hex 32`',
    ]);
  }
  const short = tokens.findIndex((token) => token.length < LEAST_TOKEN_LENGTH);
  if (short !== -1) {
    throw new SettingsError([
      `CALL_METRICS_API_TOKENS: token ${short + 1} is shorter than ${LEAST_TOKEN_LENGTH} characters`,
    ]);
  }
  return tokens.map((token) => new Secret(token));
}

/** Constant time: both sides are hashed to the same length first, and every token is compared. */
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

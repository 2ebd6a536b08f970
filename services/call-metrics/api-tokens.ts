import { Secret } from '../shared/config/secret.ts';
import { SettingsError } from '../shared/config/settings.ts';
import { LEAST_TOKEN_LENGTH } from '../shared/http/bearer-tokens.ts';

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

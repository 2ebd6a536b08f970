import type { Secret } from '../../shared/config/secret.ts';
import { SettingsError } from '../../shared/config/settings.ts';
import { MIN_TOKEN_LENGTH, parseTokens } from '../../shared/http/bearer-tokens.ts';

/** Throws SettingsError if there is no token, or one is too short: the query API is never open to everyone. */
export function readApiTokens(list: Secret | null): readonly Secret[] {
  const tokens = parseTokens(list?.reveal() ?? '', ',');
  if (tokens.length === 0) {
    throw new SettingsError([
      'CALL_METRICS_API_TOKENS is not set: set the tokens that clients of the query API send, for instance from `openssl rand -hex 32`',
    ]);
  }
  const short = tokens.findIndex((token) => token.reveal().length < MIN_TOKEN_LENGTH);
  if (short !== -1) {
    throw new SettingsError([
      `CALL_METRICS_API_TOKENS: token ${short + 1} is shorter than ${MIN_TOKEN_LENGTH} characters`,
    ]);
  }
  return tokens;
}

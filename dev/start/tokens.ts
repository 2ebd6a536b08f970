import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../services/shared/config/settings.ts';
import { MIN_TOKEN_LENGTH, parseTokens } from '../../services/shared/http/bearer-tokens.ts';

/** A token to print and use, and the variables that make the service accept it. */
export type Token = Readonly<{ token: string; variables: Readonly<Record<string, string>> }>;

export type TokenName = 'VXT_WEBHOOK_TOKENS' | 'CALL_METRICS_API_TOKENS';

const files: Readonly<Record<TokenName, string>> = {
  VXT_WEBHOOK_TOKENS: 'webhook-token',
  CALL_METRICS_API_TOKENS: 'api-token',
};

/** The file that stores a generated token. */
export const tokenFile = (dataDirectory: string, name: TokenName): string => join(dataDirectory, 'tokens', files[name]);

/**
 * The first token of the variable, or of the file that `<name>_FILE` names, if either is set. Otherwise a token that is generated once and stored in a file that
 * only its owner can read, so that the next start uses the same one.
 */
export function token(name: TokenName, environment: Environment, dataDirectory: string): Token {
  const listFile = environment[`${name}_FILE`];
  const list = listFile ? readFileSync(listFile, 'utf8') : environment[name];
  const [first] = parseTokens(list ?? '', /[,\n]/);
  if (first !== undefined) return { token: first.reveal(), variables: {} };
  const stored = storedToken(tokenFile(dataDirectory, name));
  return { token: stored, variables: { [name]: stored } };
}

function storedToken(file: string): string {
  const stored = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (stored.length >= MIN_TOKEN_LENGTH) return stored;
  const generated = randomBytes(24).toString('base64url');
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${generated}\n`, { mode: 0o600 });
  return generated;
}

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../services/shared/config/settings.ts';

/** A token to show and use, and the variables that make the service accept it. */
export type Token = Readonly<{ token: string; variables: Readonly<Record<string, string>> }>;

export type TokenName = 'VXT_WEBHOOK_TOKENS' | 'CALL_METRICS_API_TOKENS';

const files: Readonly<Record<TokenName, string>> = {
  VXT_WEBHOOK_TOKENS: 'webhook-token',
  CALL_METRICS_API_TOKENS: 'api-token',
};

/** The file that keeps a generated token. */
export const tokenFile = (dataDirectory: string, name: TokenName): string => join(dataDirectory, 'tokens', files[name]);

/**
 * The first token of the variable, or of the file that `<name>_FILE` names, if either is set; else one that is generated once and kept in a file that only
 * its owner can read, so that the next start has the same.
 */
export function token(name: TokenName, environment: Environment, dataDirectory: string): Token {
  const listFile = environment[`${name}_FILE`];
  const list = listFile ? readFileSync(listFile, 'utf8') : environment[name];
  const [first] = (list ?? '')
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (first !== undefined) return { token: first, variables: {} };
  const kept = keptToken(tokenFile(dataDirectory, name));
  return { token: kept, variables: { [name]: kept } };
}

function keptToken(file: string): string {
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (kept.length >= 16) return kept;
  const made = randomBytes(24).toString('base64url');
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  return made;
}

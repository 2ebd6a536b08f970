import { readFileSync } from 'node:fs';
import { Secret } from '../shared/config/secret.ts';
import { SettingsError } from '../shared/config/settings.ts';
import { createTokenCheck, type TokenCheck, tokenProblems } from '../shared/http/bearer-tokens.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';

const REREAD_MS = 500;

/** The tokens in force: a check that follows the file, and an end to following it. */
export type TokenSource = Readonly<{ check: TokenCheck; close: () => void }>;

/**
 * Tokens from a comma list, or from a file with one a line that is read again twice a second, so that a token can be
 * rotated without a restart. A file that breaks while running changes nothing: the last good tokens stay, and the log
 * says why. Throws SettingsError where there is no token to start with.
 */
export function openTokenSource(
  settings: Readonly<{ tokens: Secret | null; tokensFile: string | null }>,
  logger: Logger,
): TokenSource {
  const { tokens, tokensFile } = settings;
  if (tokensFile !== null) return followFile(tokensFile, logger);
  const list = split(tokens?.reveal() ?? '', ',');
  assertUsable(list, 'VXT_WEBHOOK_TOKENS');
  return { check: createTokenCheck(list), close: () => undefined };
}

function followFile(file: string, logger: Logger): TokenSource {
  const source = `VXT_WEBHOOK_TOKENS_FILE ${file}`;
  let content = read(file, source);
  let check = parse(content, source);
  const timer = setInterval(() => {
    try {
      const now = read(file, source);
      if (now === content) return;
      content = now;
      check = parse(now, source);
      logger.info('tokens-reread', { count: split(now, '\n').length });
    } catch (error) {
      logger.error('tokens-not-reread', errorFields(error));
    }
  }, REREAD_MS);
  timer.unref();
  return { check: (authorization) => check(authorization), close: () => clearInterval(timer) };
}

function read(file: string, source: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError([`${source} cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function parse(content: string, source: string): TokenCheck {
  const list = split(content, '\n');
  assertUsable(list, source);
  return createTokenCheck(list);
}

function assertUsable(list: readonly Secret[], source: string): void {
  const problems = tokenProblems(list, source);
  if (problems.length > 0) throw new SettingsError(problems);
}

const split = (text: string, separator: string): Secret[] =>
  text
    .split(separator)
    .map((token) => token.trim())
    .filter((token) => token !== '')
    .map((token) => new Secret(token));

import { readFileSync } from 'node:fs';
import type { Secret } from '../../shared/config/secret.ts';
import { SettingsError } from '../../shared/config/settings.ts';
import { createTokenCheck, parseTokens, type TokenCheck, tokenProblems } from '../../shared/http/bearer-tokens.ts';
import { errorFields, type Logger } from '../../shared/observability/logger.ts';

const REREAD_MS = 500;

/** The current tokens: a check that follows the file until it is closed. */
export type TokenSource = Readonly<{ check: TokenCheck; close: () => void }>;

/**
 * Tokens from a comma-separated list, or from a file with one token per line that is reread twice a second, so that
 * tokens can be rotated without a restart. If the file becomes unreadable or invalid, the last valid tokens stay and the
 * log says why. Throws SettingsError if there is no valid token at the start.
 */
export function openTokenSource(
  settings: Readonly<{ tokens: Secret | null; tokensFile: string | null }>,
  logger: Logger,
): TokenSource {
  const { tokens, tokensFile } = settings;
  if (tokensFile !== null) return watchFile(tokensFile, logger);
  const list = parseTokens(tokens?.reveal() ?? '', ',');
  assertUsable(list, 'VXT_WEBHOOK_TOKENS');
  return { check: createTokenCheck(list), close: () => undefined };
}

function watchFile(file: string, logger: Logger): TokenSource {
  const source = `VXT_WEBHOOK_TOKENS_FILE ${file}`;
  let content = read(file, source);
  let check = parse(content, source);
  const timer = setInterval(() => {
    try {
      const latest = read(file, source);
      if (latest === content) return;
      content = latest;
      check = parse(latest, source);
      logger.info('tokens-reread', { count: parseTokens(latest, '\n').length });
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
  const list = parseTokens(content, '\n');
  assertUsable(list, source);
  return createTokenCheck(list);
}

function assertUsable(list: readonly Secret[], source: string): void {
  const problems = tokenProblems(list, source);
  if (problems.length > 0) throw new SettingsError(problems);
}

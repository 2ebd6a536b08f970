import { type RunLater, runLater } from '../../shared/lifecycle/run-later.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { MAX_ADDRESSES } from './failed-attempts.ts';

/** The most immediate lines per minute, and the most addresses with a line of their own in the minute's summary. */
export const MAX_LINES = 20;

const EVERY_MS = 60_000;
const OTHERS = 'others';

/** Logs which addresses send invalid tokens, but never the tokens. */
export type RefusedTokensLog = Readonly<{
  refused: (address: string) => void;
  /** Logs what has been counted but not logged yet. */
  close: () => void;
}>;

/**
 * Logs the first failure of an address immediately, and further ones in at most one line per minute, until the address
 * has been quiet for a minute. However many addresses there are, a minute has at most MAX_LINES immediate lines, and
 * MAX_LINES + 1 in its summary: the addresses with the most failures, and the total of all others.
 */
export function createRefusedTokensLog(logger: Pick<Logger, 'warn'>, later: RunLater = runLater): RefusedTokensLog {
  // Failures of this minute that are not logged yet; 0 for an address whose failures are all logged.
  let counts = new Map<string, number>();
  let linesLeft = MAX_LINES;
  let cancel: (() => void) | null = null;

  const log = (address: string, count: number): void => logger.warn('tokens-refused', { address, count });

  const summarise = (): void => {
    const failed = [...counts].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
    const named = failed.filter(([address]) => address !== OTHERS).slice(0, MAX_LINES);
    for (const [address, count] of named) log(address, count);
    const rest = failed.reduce((sum, [, count]) => sum + count, 0) - named.reduce((sum, [, count]) => sum + count, 0);
    if (rest > 0) log(OTHERS, rest);
    counts = new Map(failed.map(([address]) => [address, 0]));
    linesLeft = MAX_LINES;
    cancel = failed.length === 0 ? null : later(summarise, EVERY_MS);
  };

  return {
    refused: (address) => {
      cancel ??= later(summarise, EVERY_MS);
      const known = counts.get(address);
      if (known === undefined && linesLeft > 0) {
        linesLeft -= 1;
        counts.set(address, 0);
        log(address, 1);
        return;
      }
      const name = known !== undefined || counts.size < MAX_ADDRESSES ? address : OTHERS;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    close: () => {
      cancel?.();
      summarise();
      cancel?.();
      cancel = null;
    },
  };
}

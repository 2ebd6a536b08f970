import { type RunLater, runLater } from '../../shared/lifecycle/run-later.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { MAX_ADDRESSES } from './failed-attempts.ts';

/** The most lines at once in a minute, and the most addresses with a line of their own in a minute's summary. */
export const LINES = 20;

const EVERY_MS = 60_000;
const OTHERS = 'others';

/** Tells in the log who sends tokens that are not valid: never the tokens. */
export type RefusedTokensLog = Readonly<{
  refused: (address: string) => void;
  /** Writes what is counted and not told yet. */
  close: () => void;
}>;

/**
 * The first failure of an address is told at once, then its further ones in at most one line a minute, until it has
 * been quiet for a minute. Whoever many the addresses, a minute has at most LINES lines at once and LINES + 1 in its
 * summary: the addresses with the most failures, and how many the others had together.
 */
export function createRefusedTokensLog(logger: Pick<Logger, 'warn'>, later: RunLater = runLater): RefusedTokensLog {
  // Failures of this minute that no line has told; 0 for an address that was told of and had no more.
  let counts = new Map<string, number>();
  let linesLeft = LINES;
  let callOff: (() => void) | null = null;

  const tell = (address: string, count: number): void => logger.warn('tokens-refused', { address, count });

  const summarise = (): void => {
    const failed = [...counts].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
    const named = failed.filter(([address]) => address !== OTHERS).slice(0, LINES);
    for (const [address, count] of named) tell(address, count);
    const rest = failed.reduce((sum, [, count]) => sum + count, 0) - named.reduce((sum, [, count]) => sum + count, 0);
    if (rest > 0) tell(OTHERS, rest);
    counts = new Map(failed.map(([address]) => [address, 0]));
    linesLeft = LINES;
    callOff = failed.length === 0 ? null : later(summarise, EVERY_MS);
  };

  return {
    refused: (address) => {
      callOff ??= later(summarise, EVERY_MS);
      const known = counts.get(address);
      if (known === undefined && linesLeft > 0) {
        linesLeft -= 1;
        counts.set(address, 0);
        tell(address, 1);
        return;
      }
      const place = known !== undefined || counts.size < MAX_ADDRESSES ? address : OTHERS;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    },
    close: () => {
      callOff?.();
      summarise();
      callOff?.();
      callOff = null;
    },
  };
}

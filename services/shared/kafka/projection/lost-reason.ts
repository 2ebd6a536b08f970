import { LogChangedError } from '../log-lookup/log-changed.ts';
import { TransactionLostError } from './transactional-writer.ts';

/**
 * Why a task threw its memory away. `fenced`: another member has its partition. `transaction`: a commit failed, or nobody knows. `log`: the log may not be the
 * one it read. `error`: the fold threw, which is a bug.
 */
export type LostReason = 'fenced' | 'transaction' | 'log' | 'error';

export const lostReasons: readonly LostReason[] = ['fenced', 'transaction', 'log', 'error'];

export function lostReason(error: unknown): LostReason {
  if (error instanceof LogChangedError) return 'log';
  if (!(error instanceof TransactionLostError)) return 'error';
  if (error.cause instanceof LogChangedError) return 'log';
  return error.fenced ? 'fenced' : 'transaction';
}

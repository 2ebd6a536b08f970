import type { LogEnds } from './log-ends.ts';

/** The stored position is outside the log: starting elsewhere would lose or double records, so nothing starts. */
export class PositionOutsideLogError extends Error {
  override readonly name = 'PositionOutsideLogError';
  readonly retriable = false;
}

/** Throws PositionOutsideLogError, which says what is missing and `remedy`: what a person can do about it. */
export function assertInLog(
  topic: string,
  partition: number,
  position: number,
  { low, high }: LogEnds,
  remedy: string,
): void {
  if (position >= low && position <= high) return;
  const missing =
    position < low
      ? `records ${position} to ${low - 1} were deleted before they were read`
      : 'the topic was made anew, or lost its end';
  throw new PositionOutsideLogError(
    `Partition ${partition} of ${topic} was read up to ${position}, but its log goes from ${low} to ${high}: ${missing}. ` +
      `Nothing was skipped. ${remedy}`,
  );
}

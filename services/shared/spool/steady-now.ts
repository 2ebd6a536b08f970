/** Unix time in milliseconds of a clock that never jumps while the process lives: what the system's clock said at its start, and what has passed since. */
export const steadyNow = (): number => performance.timeOrigin + performance.now();

/** Unix time in milliseconds that never jumps: the system clock at process start plus monotonic time since. */
export const monotonicNow = (): number => performance.timeOrigin + performance.now();

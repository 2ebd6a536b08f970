/** The end of a slot: it begins when the partition is revoked, and is done once the task has made its last commit. */
export type SlotClosing = Readonly<{
  begin: () => void;
  hasBegun: () => boolean;
  finish: () => void;
  /** Resolves with `finish`. */
  done: Promise<void>;
  /** Resolves after this many milliseconds, or earlier with `finish`. */
  pause: (ms: number) => Promise<void>;
}>;

export function createSlotClosing(): SlotClosing {
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  let begun = false;
  return {
    begin: () => {
      begun = true;
    },
    hasBegun: () => begun,
    finish,
    done,
    pause: async (ms) => {
      const pause = Promise.withResolvers<void>();
      const timer = setTimeout(pause.resolve, ms);
      await Promise.race([pause.promise, done]).finally(() => clearTimeout(timer));
    },
  };
}

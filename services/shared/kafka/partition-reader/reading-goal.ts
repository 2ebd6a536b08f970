/** How far one topic is to be read: from `position` to before `end`. */
export type ReadingGoal = Readonly<{
  position: () => number;
  end: () => number;
  /** Whether `readTo` was called and not settled yet. */
  isPending: () => boolean;
  /** Sets a new end. Resolves when `settle` is called. */
  readTo: (end: number) => Promise<void>;
  /** Moves the position forward, at most to the end. */
  advance: (offset: number) => void;
  /** Whether a pending goal's position is at its end. */
  isReached: () => boolean;
  settle: () => void;
}>;

export function createReadingGoal(from: number): ReadingGoal {
  let position = from;
  let end = from;
  let pending: (() => void) | null = null;
  return {
    position: () => position,
    end: () => end,
    isPending: () => pending !== null,
    readTo: (newEnd) => {
      end = newEnd;
      return new Promise((resolve) => {
        pending = resolve;
      });
    },
    advance: (offset) => {
      position = Math.max(position, Math.min(offset, end));
    },
    isReached: () => pending !== null && position >= end,
    settle: () => {
      pending?.();
      pending = null;
    },
  };
}

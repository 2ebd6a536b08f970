import { seededRandom } from '../seeded-random.ts';

/** The choices of one case: the same for the same seed and number, whatever was drawn for others. */
export type Draw = Readonly<{
  /** A whole number from 0 to `end` - 1. */
  below: (end: number) => number;
  chance: (probability: number) => boolean;
  pick: <T>(choices: readonly T[]) => T;
  /** A size from 1 to `max`, each order of magnitude as often as another. */
  size: (max: number) => number;
  bytes: (length: number) => Buffer;
}>;

export function drawFor(seed: number, number: number): Draw {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const below = (end: number): number => Math.floor(random() * end);
  return {
    below,
    chance: (probability) => random() < probability,
    pick: <T>(choices: readonly T[]): T => {
      const [choice] = choices.slice(below(choices.length));
      if (choice === undefined) throw new Error('Nothing to choose from');
      return choice;
    },
    size: (max) => Math.max(1, Math.min(max, Math.floor(Math.exp(random() * Math.log(max + 1))))),
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}

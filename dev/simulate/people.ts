import type { Random } from './random.ts';

export type SimulatedUser = Readonly<{ type: 'user'; uid: string; email: string }>;

const names = [
  'aroha',
  'ben',
  'chloe',
  'dev',
  'emma',
  'fetu',
  'grace',
  'hemi',
  'isla',
  'jack',
  'kiri',
  'liam',
  'mere',
  'noah',
];

/** User number `index` of a team: always the same one. */
export function userAt(index: number): SimulatedUser {
  const number = String(index + 1).padStart(4, '0');
  return { type: 'user', uid: `sim-user-${number}`, email: `${names[index % names.length]}.${number}@example.com` };
}

/** A user of a team of `users`: as in a real team, the first ones take far more calls than the last. */
export const someUser = (random: Random, users: number): SimulatedUser =>
  userAt(Math.floor(random.next() ** 2 * users));

/** A number of the team's. */
export const ownNumber = (random: Random): string => `+6498870${String(random.whole(0, 11)).padStart(3, '0')}`;

/** A number of a customer's. */
export const otherNumber = (random: Random): string => `+6421${random.whole(1_000_000, 9_999_999)}`;

const sentences = [
  'Hi, it is about the quote you sent on Tuesday.',
  'Please call me back when you have a moment.',
  'I would like to move my appointment to next week.',
  'The invoice shows the wrong address, could you look into it?',
  'Kia ora, just following up on my order.',
  'No rush, tomorrow is fine. Thanks!',
] as const;

/** What a caller says, one to four sentences. */
export const transcription = (random: Random): string =>
  Array.from({ length: random.whole(1, 4) }, () => random.pick(sentences)).join(' ');

import { bodyCase, controlCase } from './bodies/body-cases.ts';
import { drawFor } from './draw.ts';
import { framingCase } from './framings/framing-cases.ts';
import { mutatedStream } from './framings/mutated-stream.ts';
import { type FuzzCase, targets } from './fuzz-case.ts';
import { headerCase } from './headers/header-cases.ts';

/** Every so many cases is a control. */
const CONTROL_EVERY = 16;

/** By how often: bodies 9 of 20, the rest of the request and its framing 11 of 20. */
const makers = [
  ...Array<typeof bodyCase>(9).fill(bodyCase),
  ...Array<typeof bodyCase>(4).fill(headerCase),
  ...Array<typeof bodyCase>(4).fill(framingCase),
  ...Array<typeof bodyCase>(3).fill(mutatedStream),
];

/** The case of this number: the same for the same seed, whenever it is made. */
export function caseOf(seed: number, number: number): FuzzCase {
  const draw = drawFor(seed, number);
  const target = draw.pick(targets);
  const make = number % CONTROL_EVERY === 0 ? controlCase : draw.pick(makers);
  return { number, target, ...make(draw, number) };
}

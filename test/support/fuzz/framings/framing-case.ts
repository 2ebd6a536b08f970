import type { Draw } from '../draw.ts';
import type { Expected, Step } from '../fuzz-case.ts';
import type { HttpRequest } from '../http-request.ts';

/** Something done to how requests are laid out in bytes and sent. `request` makes a valid webhook: each index another. */
export type FramingCase = Readonly<{
  name: string;
  make: (draw: Draw, request: (index: number) => HttpRequest) => MadeExchange;
}>;

export type MadeExchange = Readonly<{ steps: readonly Step[]; expected: Expected }>;

export const exchange = (expected: Expected, ...steps: readonly Step[]): MadeExchange => ({ steps, expected });

/** Exactly these answers, one after the other, and the service ends the connection. */
export const answers = (...statuses: readonly (readonly number[])[]): Expected => ({
  kind: 'answers',
  statuses,
  endedBy: 'service',
});

export const some: Expected = { kind: 'some' };

/** A byte a character. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

export const joined = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

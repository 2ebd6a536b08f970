import type { Expected, FuzzCase } from './fuzz-case.ts';
import { ANSWER_DEADLINE_MS, type Played, RECEIVE_TIMEOUT_MS } from './play-case.ts';
import type { Answer } from './read-answers.ts';

/** Interim, and only for who asks. */
const CONTINUE = 100;

/** Every status that README.md says. */
const documented: ReadonlySet<number> = new Set([202, 400, 401, 404, 405, 408, 413, 415, 417, 429, 431, 501, 503]);

/** What is wrong with what came of a case; nothing where all is right. It holds nothing of what was sent. */
export function problemsOf({ expected, bodiless = false }: FuzzCase, played: Played): readonly string[] {
  if (expected.kind === 'nothing') return [];
  const { answers, rest, ended, tookMs } = played;
  const problems = answers.flatMap((answer) => problemsOfAnswer(answer, bodiless));
  if (rest !== '' && !bodiless) problems.push(`${rest.length} bytes are no whole answer`);
  // Who sends on behind an answer may be cut off; who has none may not.
  if (ended !== 'closed' && ended !== null && answers.length === 0) problems.push(`the connection broke: ${ended}`);
  if (ended === null && !(expected.kind === 'answers' && expected.endedBy === 'sender'))
    problems.push(`the connection was not ended within ${ANSWER_DEADLINE_MS} ms`);
  if (!isRight(expected, played)) {
    const came = answers.map(({ status }) => status).join(', ') || 'none';
    problems.push(`answers: ${came}; right: ${rightAnswers(expected)}; after ${Math.round(tookMs)} ms`);
  }
  return problems;
}

function isRight(expected: Expected, { answers, sendingMs }: Played): boolean {
  // A machine that is busy with other things may send too slowly.
  if (sendingMs > RECEIVE_TIMEOUT_MS / 3 && answers.at(-1)?.status === 408) return true;
  switch (expected.kind) {
    case 'answers':
      return (
        answers.length === expected.statuses.length &&
        answers.every(({ status }, index) => expected.statuses[index]?.includes(status))
      );
    case 'some':
      return answers.length > 0 && answers.every(({ status }) => status !== CONTINUE);
    case 'end':
    case 'nothing':
      return true;
  }
}

const rightAnswers = (expected: Expected): string =>
  expected.kind === 'answers' ? expected.statuses.map((some) => some.join(' or ')).join(', ') : 'one or more';

function problemsOfAnswer({ status, headers, body }: Answer, bodiless: boolean): string[] {
  if (status === CONTINUE) return body === '' ? [] : ['100 Continue has a body'];
  if (!documented.has(status)) return [`${status} is not a documented status`];
  if (body.includes('MARKER')) return [`the answer ${status} holds what the sender sent`];
  if ('location' in headers) return [`the answer ${status} has a location`];
  if (status === 202) return body === '' ? [] : ['the answer 202 has a body'];
  if (headers['content-type'] !== 'application/problem+json') return [`the answer ${status} is no problem+json`];
  if (bodiless) return [];
  const problem = problemIn(body);
  if (problem?.status !== status || typeof problem.title !== 'string')
    return [`the answer ${status} is no problem of its status`];
  return problem.title === 'Internal error' ? ['the service failed: Internal error'] : [];
}

function problemIn(body: string): Readonly<{ status?: unknown; title?: unknown }> | null {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

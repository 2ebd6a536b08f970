/** One answer as it came; of an interim one (1xx), or one to HEAD, the body is empty. */
export type Answer = Readonly<{ status: number; headers: Readonly<Record<string, string>>; body: string }>;

export type Answers = Readonly<{
  add: (piece: Buffer) => void;
  all: () => readonly Answer[];
  /** What came and is no whole answer. */
  rest: () => string;
}>;

/** Reads answers as their bytes come. `bodiless`: none has a body, whatever its length says. */
export function readAnswers(bodiless: boolean): Answers {
  const answers: Answer[] = [];
  let rest = '';
  return {
    add: (piece) => {
      rest += piece.toString('latin1');
      for (let next = firstOf(rest, bodiless); next !== null; next = firstOf(rest, bodiless)) {
        answers.push(next.answer);
        rest = rest.slice(next.length);
      }
    },
    all: () => answers,
    rest: () => rest,
  };
}

function firstOf(text: string, bodiless: boolean): Readonly<{ answer: Answer; length: number }> | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1 || !text.startsWith('HTTP/1.1 ')) return null;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number(statusLine.split(' ')[1]);
  const bodyLength = bodiless || status < 200 ? 0 : Number(headers['content-length']);
  const length = end + 4 + bodyLength;
  // Without a length it never ends: then the rest says so.
  if (!(length <= text.length)) return null;
  return { answer: { status, headers, body: text.slice(end + 4, length) }, length };
}

const noise = /^(at |\.\.\. \d+ more|Node\.js v|\(node:|\(Use `node|Timeout duration|npm )/;
const telling = /error|exception|fatal|wrong|cannot|in use|missing/i;
const MAX_LENGTH = 600;

/**
 * The last output of a server that ended, as one line: the plain lines after its last JSON line, because a service prints why it cannot start there; otherwise the
 * problem of its last error; otherwise the last line that sounds like a problem. Empty if there is none.
 */
export function lastWords(log: string): string {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line));
  const lastJson = lines.findLastIndex((line) => line.startsWith('{'));
  const plain = lines.slice(lastJson + 1);
  if (lastJson === -1) return (plain.findLast((line) => telling.test(line)) ?? plain.at(-1) ?? '').slice(0, MAX_LENGTH);
  if (plain.length > 0) return plain.join(' ').slice(0, MAX_LENGTH);
  return (lines.map(problemIn).findLast((problem) => problem !== null) ?? '').slice(0, MAX_LENGTH);
}

/** The problem in a JSON log line with level error or fatal. Null for any other line. */
export function problemIn(line: string): string | null {
  if (!/"level":"(error|fatal)"/.test(line)) return null;
  try {
    const { event, problem }: { event?: string; problem?: string } = JSON.parse(line);
    return problem === undefined ? `${event}` : `${event}: ${problem}`;
  } catch {
    return null;
  }
}

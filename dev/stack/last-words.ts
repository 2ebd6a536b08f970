const noise = /^(at |\.\.\. \d+ more|Node\.js v|\(node:|\(Use `node|Timeout duration|npm )/;
const telling = /error|exception|fatal|wrong|cannot|in use|missing/i;
const MOST = 600;

/**
 * What a server that ended said last, in one line: the plain lines behind its last JSON line (a service tells why it cannot start that way), else the problem in its
 * last error, else the last line that sounds like one. Empty when it said nothing.
 */
export function lastWords(log: string): string {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line));
  const lastJson = lines.findLastIndex((line) => line.startsWith('{'));
  const plain = lines.slice(lastJson + 1);
  if (lastJson === -1) return (plain.findLast((line) => telling.test(line)) ?? plain.at(-1) ?? '').slice(0, MOST);
  if (plain.length > 0) return plain.join(' ').slice(0, MOST);
  return (lines.map(problemIn).findLast((problem) => problem !== null) ?? '').slice(0, MOST);
}

/** The problem of a JSON line of level error or fatal; null for any other line. */
export function problemIn(line: string): string | null {
  if (!/"level":"(error|fatal)"/.test(line)) return null;
  try {
    const { event, problem }: { event?: string; problem?: string } = JSON.parse(line);
    return problem === undefined ? `${event}` : `${event}: ${problem}`;
  } catch {
    return null;
  }
}

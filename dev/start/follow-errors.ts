import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { problemIn } from '../stack/last-words.ts';

/** Calls `onError` for each error that is written to the file from now on, at most `most` times. Returns the end of it. */
export function followErrors(logFile: string, onError: (said: string) => void, most = 20): () => void {
  let position = existsSync(logFile) ? statSync(logFile).size : 0;
  let said = 0;
  const look = () => {
    const { text, end } = readLines(logFile, position);
    position = end;
    for (const error of text.split('\n').map(problemIn)) {
      if (error === null) continue;
      said += 1;
      if (said <= most) onError(said === most ? `${error} (further ones only in ${logFile})` : error);
    }
  };
  const timer = setInterval(look, 500);
  return () => clearInterval(timer);
}

/** The whole lines behind `from`, and where they end. */
function readLines(file: string, from: number): Readonly<{ text: string; end: number }> {
  if (!existsSync(file)) return { text: '', end: from };
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(Math.max(fstatSync(handle).size - from, 0), 1_000_000));
    const read = readSync(handle, bytes, 0, bytes.length, from);
    const last = bytes.subarray(0, read).lastIndexOf('\n') + 1;
    return { text: bytes.toString('utf8', 0, last), end: from + last };
  } finally {
    closeSync(handle);
  }
}

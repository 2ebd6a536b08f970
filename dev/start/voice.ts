import { styleText } from 'node:util';

/** How the launcher speaks: plain lines, in colour on a terminal only. */
export type Voice = Readonly<{
  say: (line: string) => void;
  done: (line: string) => void;
  warn: (line: string) => void;
  ready: (line: string) => void;
  /** The last line before exit 1. */
  fail: (line: string) => void;
  /** Overwrites itself on a terminal; elsewhere a line every 5 s. */
  progress: (line: string) => void;
}>;

type Style = 'green' | 'yellow' | 'red';

export function createVoice(out: NodeJS.WriteStream, errors: NodeJS.WriteStream, now: () => number): Voice {
  const coloured = (stream: NodeJS.WriteStream, style: Style, text: string) => styleText(style, text, { stream });
  let unfinished = false;
  let lastProgressAt = Number.NEGATIVE_INFINITY;
  const write = (stream: NodeJS.WriteStream, line: string) => {
    if (unfinished) out.write('\n');
    unfinished = false;
    stream.write(`${line}\n`);
  };
  return {
    say: (line) => write(out, line),
    done: (line) => write(out, `${coloured(out, 'green', '✓')} ${line}`),
    warn: (line) => write(out, `${coloured(out, 'yellow', '!')} ${line}`),
    ready: (line) => write(out, coloured(out, 'green', line)),
    fail: (line) => write(errors, coloured(errors, 'red', line)),
    progress: (line) => {
      if (out.isTTY) {
        out.write(`\r\x1b[K${line}`);
        unfinished = true;
      } else if (now() - lastProgressAt >= 5_000) {
        lastProgressAt = now();
        write(out, line);
      }
    },
  };
}

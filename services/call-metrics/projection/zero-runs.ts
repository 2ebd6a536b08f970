const MAX_RUN = 255;

/**
 * Bytes as a string of one character each, in which a run of zeros is two characters: most of a table row is zeros, as
 * its histograms are. Two strings are equal if and only if their bytes are. A Buffer per row would take several times
 * the memory.
 *
 * | input | characters |
 * | --- | --- |
 * | a byte from 1 to 255 | the byte |
 * | a run of 1 to 255 zeros | 0, then the length of the run |
 * | a longer run of zeros | runs of 255, then the rest |
 */
export function squeeze(bytes: Buffer): string {
  // The worst case is that no two zeros are adjacent: each takes two characters.
  const squeezed = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    squeezed[length] = byte;
    length += 1;
    if (byte !== 0) {
      at += 1;
      continue;
    }
    let run = 1;
    while (run < MAX_RUN && bytes[at + run] === 0) run += 1;
    squeezed[length] = run;
    length += 1;
    at += run;
  }
  return squeezed.toString('latin1', 0, length);
}

/** The bytes that `squeeze` was given. */
export function unsqueeze(text: string): Buffer {
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) !== 0) length += 1;
    else {
      at += 1;
      length += text.charCodeAt(at);
    }
  }
  const bytes = Buffer.alloc(length);
  let to = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text.charCodeAt(at);
    if (byte !== 0) {
      bytes[to] = byte;
      to += 1;
    } else {
      at += 1;
      to += text.charCodeAt(at);
    }
  }
  return bytes;
}

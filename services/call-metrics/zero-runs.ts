const LONGEST_RUN = 255;

/**
 * Bytes as a string of one character each, in which a run of zeros is a zero and its length: most of a row of the table is zeros, as its histograms are. Two
 * strings are equal where their bytes are. A Buffer each would take several times as much memory.
 */
export function squeeze(bytes: Buffer): string {
  // At worst every zero stands alone and takes two bytes.
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
    while (run < LONGEST_RUN && bytes[at + run] === 0) run += 1;
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

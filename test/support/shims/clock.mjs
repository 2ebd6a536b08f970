// Preloaded into a service (`NODE_OPTIONS=--import`): its wall clock is off by the milliseconds that the file CLOCK_OFFSET_FILE holds, from the moment on
// that they are written there, as if someone had set the machine's clock. Monotonic clocks go on.
import { readFileSync } from 'node:fs';

const file = process.env.CLOCK_OFFSET_FILE;
const RealDate = Date;
let offsetMs = 0;
const read = () => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
};
read();
setInterval(read, 50).unref();

globalThis.Date = class extends RealDate {
  constructor(...parameters) {
    if (parameters.length === 0) super(RealDate.now() + offsetMs);
    else super(...parameters);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};

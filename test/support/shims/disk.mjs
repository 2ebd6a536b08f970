// Preloaded into a service (`NODE_OPTIONS=--import`): while the file DISK_FROZEN_FILE exists, no write of a file handle and no sync ends, as on a disk that
// stands still. They go on when it is gone.
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';

const file = process.env.DISK_FROZEN_FILE;
const handle = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

const thaw = async () => {
  while (existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
};
for (const name of ['writev', 'write', 'datasync', 'sync', 'truncate']) {
  const real = prototype[name];
  prototype[name] = async function (...parameters) {
    await thaw();
    return real.apply(this, parameters);
  };
}

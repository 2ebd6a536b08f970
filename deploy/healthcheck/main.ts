/**
 * Health check of the images: exits 0 when the service of this container answers 200 at `/healthz`, or at the path given, on its admin port (the exporter
 * has one port for all). What it answered is printed: `docker inspect` shows it.
 */
import { Command } from 'commander';

const { ADMIN_PORT, PORT } = process.env;
const [path = '']: readonly string[] = new Command('node deploy/healthcheck/main.ts')
  .description('Exits 0 when the service of this container answers 200, and prints what it answered.')
  .argument('[path]', 'what to ask its admin port for', '/healthz')
  .parse().processedArgs;
const response = await fetch(`http://127.0.0.1:${ADMIN_PORT ?? PORT}${path}`, { signal: AbortSignal.timeout(4_000) });
console.log(await response.text());
process.exit(response.ok ? 0 : 1);

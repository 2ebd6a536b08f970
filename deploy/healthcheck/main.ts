/**
 * The health check of the images. Exits 0 if the service of this container answers 200 at `/healthz`, or at the given path, on its admin port (the exporter has only
 * one port). Prints the answer, which `docker inspect` shows.
 */
import { Command } from 'commander';

const { ADMIN_PORT, PORT } = process.env;
const [path = '']: readonly string[] = new Command('node deploy/healthcheck/main.ts')
  .description('Exits 0 if the service of this container answers 200, and prints the answer.')
  .argument('[path]', 'path on its admin port', '/healthz')
  .parse().processedArgs;
const response = await fetch(`http://127.0.0.1:${ADMIN_PORT ?? PORT}${path}`, { signal: AbortSignal.timeout(4_000) });
console.log(await response.text());
process.exit(response.ok ? 0 : 1);

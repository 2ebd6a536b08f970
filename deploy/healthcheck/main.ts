/**
 * Health check of the images: exits 0 when the service of this container answers 200 at `/healthz`, or at the path given, on its admin port (the exporter
 * has one port for all). What it answered is printed: `docker inspect` shows it.
 */
const { ADMIN_PORT, PORT } = process.env;
const [path = '/healthz'] = process.argv.slice(2);
const response = await fetch(`http://127.0.0.1:${ADMIN_PORT ?? PORT}${path}`, { signal: AbortSignal.timeout(4_000) });
console.log(await response.text());
process.exit(response.ok ? 0 : 1);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './service-process.ts';

/** One series of an answer at one moment. */
export type QueriedSample = Readonly<{ labels: Readonly<Record<string, string>>; value: number }>;

/** A real Prometheus of its own process, with its data in a directory of its own. */
export type PrometheusServer = Readonly<{
  url: string;
  /** An instant query; `atMs` is Unix milliseconds, now where absent. Throws what Prometheus says of a bad query. */
  query: (expr: string, atMs?: number) => Promise<readonly QueriedSample[]>;
  /** Ends it and removes its data. */
  stop: () => Promise<void>;
}>;

export type PrometheusOptions = Readonly<{
  /** Addresses (host:port) by job; each is scraped every second. */
  targets: Readonly<Record<string, readonly string[]>>;
  ruleFiles?: readonly string[];
}>;

/** Starts a Prometheus as deploy/prometheus/prometheus.yml has it, but for these addresses and every second. */
export async function startPrometheus({ targets, ruleFiles = [] }: PrometheusOptions): Promise<PrometheusServer> {
  const directory = mkdtempSync(join(tmpdir(), 'vxt-prometheus-'));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const config = join(directory, 'prometheus.yml');
  const jobs = Object.entries(targets).map(([job_name, of]) => ({ job_name, static_configs: [{ targets: of }] }));
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ruleFiles,
      scrape_configs: jobs,
    }),
  );
  const tsdb = `--storage.tsdb.path=${join(directory, 'tsdb')}`;
  const server = spawn('prometheus', [`--config.file=${config}`, tsdb, `--web.listen-address=${address}`], {
    stdio: 'ignore',
  });
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.kill('SIGKILL')) await once(server, 'exit');
    rmSync(directory, { recursive: true, force: true });
  };
  const isReady = async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok;
  await eventually(isReady, { deadlineMs: 60_000, what: () => 'Prometheus' }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  return {
    url,
    query: async (expr, atMs) => {
      const time = atMs === undefined ? '' : `&time=${atMs / 1000}`;
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}${time}`);
      const answer = (await response.json()) as {
        error?: string;
        data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (answer.data === undefined) throw new Error(`${expr}: ${answer.error}`);
      return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    stop,
  };
}

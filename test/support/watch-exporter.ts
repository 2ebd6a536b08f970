import { startWithTest } from './call-metrics.ts';
import { freePort, type ServiceProcess, untilReady } from './service-process.ts';

const SCRAPE_EVERY_MS = 250;

/** What an exporter was seen to say. */
export type WatchedExporter = Readonly<{
  /** The newest value of each series. */
  newest: ReadonlyMap<string, number>;
  /** Scrapes once more, ends the exporter, and tells all there was to see. */
  end: () => Promise<Readonly<{ scrapes: number; restarts: number; falls: readonly string[] }>>;
}>;

/** Samples of the counters and histograms of calls and voicemails, by series. */
async function scrape(url: string): Promise<ReadonlyMap<string, number> | null> {
  const response = await fetch(url).catch(() => null);
  const page = response?.status === 200 ? await response.text().catch(() => null) : null;
  if (page === null) return null;
  const lines = page.split('\n').filter((line) => /^vxt_(call|voicemail|conference|late)/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** Scrapes an exporter of its own four times a second, and notes each sample that decreases or goes; `killed` kills it after every third scrape. */
export async function watchExporter(
  environment: Readonly<Record<string, string>>,
  { killed }: Readonly<{ killed: boolean }>,
): Promise<WatchedExporter> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/metrics`;
  const newest = new Map<string, number>();
  const falls: string[] = [];
  const start = (): ServiceProcess =>
    startWithTest('services/prometheus-exporter/main.ts', { ...environment, PORT: port });
  let exporter = start();
  await untilReady(exporter, url);
  let done = false;
  let scrapes = 0;
  let restarts = 0;
  const scraping = async (): Promise<void> => {
    let sinceStart = 0;
    for (let last = false; ; last = done) {
      const samples = await scrape(url);
      for (const [series, value] of newest) {
        const now = samples?.get(series) ?? (samples === null ? value : Number.NaN);
        if (!(now >= value)) falls.push(`${series}: ${value} → ${now}`);
      }
      for (const [series, value] of samples ?? []) newest.set(series, value);
      if (samples !== null) {
        scrapes += 1;
        sinceStart += 1;
      }
      if (last && samples !== null) break;
      if (killed && sinceStart === 3 && !done) {
        sinceStart = 0;
        restarts += 1;
        await exporter.end('SIGKILL');
        exporter = start();
      }
      await new Promise((resolve) => setTimeout(resolve, SCRAPE_EVERY_MS));
    }
    await exporter.end('SIGTERM');
  };
  const finished = scraping();
  return {
    newest,
    end: async () => {
      done = true;
      await finished;
      return { scrapes, restarts, falls };
    },
  };
}

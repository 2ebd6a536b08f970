/** `npm run ids -- [--since <time>]`: see scan-ids.ts. Settings come from the environment, as for call-metrics. */
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { kafkaSettings, registrySettings } from '../../shared/config/common-settings.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { exitCodeOf, linesOf } from './report.ts';
import { scanIds } from './scan-ids.ts';

/** A day, or a time with its zone, as Unix time in milliseconds. */
function timeOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Give 2026-11-22 or 2026-11-22T09:30:00Z.');
  return ms;
}

const { since = null } = new Command('ids')
  .description(
    'Lists the event ids that count more than once, as they came under more than one user or number. Only reads.',
  )
  .option(
    '--since <time>',
    'read what came since then by log time: 2026-11-22 (in UTC) or 2026-11-22T09:30:00+13:00',
    timeOf,
  )
  .addHelpText(
    'after',
    `
Each line names an id and, for each user or number it counts for, its first record: topic/partition/offset. With --since, an id is found where records of
two of them came since then. It takes about 300 MB of memory, however long the log is, which is read once for every million records, and once more where
something was found.

Exit code: 0 every id counts once; 1 the log was not read to its end; 2 it was, and some ids count more often.`,
  )
  .parse()
  .opts<{ since?: number }>();

const bar = new SingleBar({ format: 'reading [{bar}] {value}/{total} records', clearOnComplete: true });
let barStarted = false;

try {
  const report = await scanIds({
    config: readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, process.env),
    sinceMs: since,
    logger: createLogger('ids', 'silent'),
    onProgress: (read, total) => {
      if (!barStarted) bar.start(total, 0);
      barStarted = true;
      bar.update(read);
    },
  });
  bar.stop();
  for (const line of linesOf(report)) console.log(line);
  process.exit(exitCodeOf(report));
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** `npm run rebuild`: see rebuild.ts. Settings come from the environment, as for call-metrics. */
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { createConfirmation } from '../../shared/command-line/confirmation.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { callMetricsSettings } from '../config.ts';
import { createProgressBar } from './progress-bar.ts';
import { rebuild } from './rebuild.ts';
import { previewLines, resultLines } from './report.ts';

type Options = Readonly<{ dryRun: boolean; allowDecrease: boolean; yes: boolean }>;

const { dryRun, allowDecrease, yes } = new Command('npm run rebuild --')
  .description('Makes the totals again from the log, beside the live ones, and replaces these where they are others.')
  .option('--dry-run', 'only say what would change', false)
  .option('--allow-decrease', 'publish though counters of some subjects will fall', false)
  .option('--yes', 'publish without asking', false)
  .addHelpText(
    'after',
    `
The log is read twice: to say what will change, then to publish it. call-metrics may run meanwhile: its task of a partition is fenced once, for some seconds.

Exit code: 0 the totals were made again, or would be; 1 they were not, or not all: it says why.`,
  )
  .parse()
  .opts<Options>();

// V8 would let garbage grow to a multiple of what is held: a rebuild runs beside the services, and has time.
for (const flag of ['--optimize-for-size', '--heap-growing-percent=10']) setFlagsFromString(flag);

const bar = createProgressBar();
try {
  const { kafka, registry, rules } = callMetricsSettings;
  const config = readSettingGroups({ kafka, registry, rules }, process.env);
  const ask = dryRun ? null : createConfirmation(yes, { input: process.stdin, output: process.stderr });
  const report = await rebuild({
    config,
    logger: createLogger('rebuild', 'silent'),
    dryRun,
    allowDecrease,
    progress: bar.show,
    preview: (preview) => {
      bar.stop();
      for (const line of previewLines(preview)) console.log(line);
    },
    agree: async () => ask?.('Publish this?'),
    onFailure: (error) => {
      bar.stop();
      console.error(`${error instanceof Error ? error.message : String(error)}: tried again`);
    },
  });
  bar.stop();
  for (const line of report === null ? ['Nothing was published: --dry-run'] : resultLines(report)) console.log(line);
  process.exit(0);
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

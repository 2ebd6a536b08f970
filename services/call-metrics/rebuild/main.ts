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
  .description(
    'Computes the totals again from the log while the live ones stay in place, and replaces those that differ.',
  )
  .option('--dry-run', 'only report what would change', false)
  .option('--allow-decrease', 'publish even if counters of some subjects will fall', false)
  .option('--yes', 'publish without asking', false)
  .addHelpText(
    'after',
    `
The log is read twice: to report what will change, then to publish it. call-metrics may keep running: its task of each partition is fenced once, for a few seconds.

Exit code: 0 the totals were rebuilt, or would be; 1 not all of them were, and the output says why.`,
  )
  .parse()
  .opts<Options>();

// V8 would let garbage grow to a multiple of the live memory. A rebuild shares a machine with the services and is in no hurry.
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
    onProgress: bar.show,
    onPreview: (preview) => {
      bar.stop();
      for (const line of previewLines(preview)) console.log(line);
    },
    confirm: async () => ask?.('Publish this?'),
    onFailure: (error) => {
      bar.stop();
      console.error(`${error instanceof Error ? error.message : String(error)}: trying again`);
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

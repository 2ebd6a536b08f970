/** `npm run repartition`: see repartition.ts. Settings come from the environment, as for the ingress. */
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { createConfirmation } from '../../shared/command-line/confirmation.ts';
import { kafkaSettings } from '../../shared/config/common-settings.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { repartition } from './repartition.ts';

/** As KAFKA_PARTITIONS. */
const MAX_PARTITIONS = 1_000;

function partitionCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_PARTITIONS) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_PARTITIONS}.`);
}

type Options = Readonly<{ toPrefix: string; toPartitions: number; dryRun: boolean; yes: boolean }>;

const { toPrefix, toPartitions, dryRun, yes } = new Command('npm run repartition --')
  .description('Copies calls and voicemails to topics of another prefix, with another number of partitions, each once.')
  .requiredOption('--to-prefix <prefix>', 'what the names of the new topics begin with, such as vxt2.')
  .requiredOption('--to-partitions <n>', 'how many partitions the new topics have', partitionCount)
  .option('--dry-run', 'only say how many records there are', false)
  .option('--yes', 'copy without asking', false)
  .addHelpText(
    'after',
    `
The old topics are KAFKA_TOPIC_PREFIX’s, and are only read. Run it again for what came since; README.md, "More partitions", says in which order services move.

Exit code: 0 all is copied; 1 it is not: start it again, nothing is copied twice.`,
  )
  .parse()
  .opts<Options>();

const bar = new SingleBar({ format: 'copying [{bar}] {value}/{total}', noTTYOutput: true, notTTYSchedule: 2_000 });
let barStarted = false;

try {
  const config = readSettingGroups({ kafka: kafkaSettings }, process.env);
  if (!dryRun) {
    const agreed = createConfirmation(yes, { input: process.stdin, output: process.stderr });
    await agreed(`Copy the events of ${config.kafka.topicPrefix} to ${toPrefix}, ${toPartitions} partitions?`);
  }
  const report = await repartition({
    config,
    logger: createLogger('repartition', 'silent'),
    toPrefix,
    toPartitions,
    dryRun,
    progress: (copied, total) => {
      if (!barStarted) bar.start(total, 0);
      barStarted = true;
      bar.setTotal(total);
      bar.update(copied);
    },
  });
  bar.stop();
  if (dryRun) console.log(`would copy ${report.waiting} records, but for those that earlier runs have copied`);
  else console.log(`copied ${report.copied} records; ${report.copiedBefore} were copied by earlier runs`);
  process.exit(0);
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

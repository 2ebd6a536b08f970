/** `npm run repartition`: see repartition.ts. Settings come from the environment, as for the ingress. */
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { createConfirmation } from '../../shared/command-line/confirmation.ts';
import { kafkaSettings } from '../../shared/config/common-settings.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { repartition } from './repartition.ts';

/** The limit of KAFKA_PARTITIONS. */
const MAX_PARTITIONS = 1_000;

function partitionCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_PARTITIONS) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_PARTITIONS}.`);
}

type Options = Readonly<{ toPrefix: string; toPartitions: number; dryRun: boolean; yes: boolean }>;

const { toPrefix, toPartitions, dryRun, yes } = new Command('npm run repartition --')
  .description(
    'Copies call logs and voicemails to topics with another prefix and another number of partitions, each record once.',
  )
  .requiredOption('--to-prefix <prefix>', 'prefix of the new topics, such as vxt2.')
  .requiredOption('--to-partitions <n>', 'number of partitions of the new topics', partitionCount)
  .option('--dry-run', 'only report how many records there are', false)
  .option('--yes', 'copy without confirmation', false)
  .addHelpText(
    'after',
    `
The old topics have KAFKA_TOPIC_PREFIX, and are only read. Run it again to copy what has arrived since; README.md, "More partitions", says in which order services move.

Exit code: 0 everything is copied; 1 it is not: run it again, nothing is copied twice.`,
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
  if (dryRun) console.log(`would copy ${report.pending} records, minus those that earlier runs have copied`);
  else console.log(`copied ${report.copied} records; ${report.copiedBefore} were copied by earlier runs`);
  process.exit(0);
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** `npm run redrive`: see redrive.ts. Settings come from the environment, as for the ingress. */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { createConfirmation } from '../../shared/command-line/confirmation.ts';
import { kafkaSettings, registrySettings } from '../../shared/config/common-settings.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { recogniseBody } from '../publishing/recognise-body.ts';
import { redrive } from './redrive.ts';
import { exitCodeOf, linesOf } from './report.ts';

const { dryRun, yes } = new Command('npm run redrive --')
  .description('Publishes webhooks that were not recognised when they arrived, but are now, to their proper topics.')
  .option('--dry-run', 'only report what would be published', false)
  .option('--yes', 'publish without confirmation', false)
  .addHelpText(
    'after',
    `
Webhooks that are still not recognised stay for a later version; they are not failures. Those that could not be redriven are listed as
topic/partition/offset with a reason; they stay too, and the next run tries them again: no-body, not-json and not-encodable records, batches
that cannot be read (unreadable-batch, at their last offset), and events that Kafka refuses (message-too-large: raise max.message.bytes of
the topic).

Exit code: 0 nothing failed; 1 the run did not complete (run it again: nothing is published twice); 2 it completed, but some webhooks could not be redriven.`,
  )
  .parse()
  .opts<{ dryRun: boolean; yes: boolean }>();

const bar = new SingleBar({ format: 'redriving [{bar}] {value}/{total}', clearOnComplete: false });
let barStarted = false;

try {
  if (!dryRun) {
    const agreed = createConfirmation(yes, { input: process.stdin, output: process.stderr });
    await agreed('Publish what is recognised now? (--dry-run lists it.)');
  }
  const report = await redrive({
    config: readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, process.env),
    logger: createLogger('redrive', 'silent'),
    recogniseBody,
    dryRun,
    onProgress: (published, total) => {
      if (!barStarted) bar.start(total, 0);
      barStarted = true;
      bar.setTotal(total);
      bar.update(published);
    },
  });
  bar.stop();
  for (const line of linesOf(report, dryRun)) console.log(line);
  process.exitCode = exitCodeOf(report);
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

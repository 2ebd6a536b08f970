/** `npm run redrive`: see redrive.ts. Settings come from the environment, as for the ingress. */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { createConfirmation } from '../../shared/command-line/confirmation.ts';
import { kafkaSettings, registrySettings } from '../../shared/config/common-settings.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { recogniseBody } from '../recognise-body.ts';
import { redrive } from './redrive.ts';
import { exitCodeOf, linesOf } from './report.ts';

const { dryRun, yes } = new Command('npm run redrive --')
  .description('Publishes webhooks that were not recognised when they came, and are now, to their proper topics.')
  .option('--dry-run', 'only say what would be published', false)
  .option('--yes', 'publish without asking', false)
  .addHelpText(
    'after',
    `
What is still not recognised stays for a later version, and is no failure. What could not be redriven is listed as topic/partition/offset with
its reason, stays too, and is tried again by the next run: no-body, not-json and not-encodable records, batches that cannot be read
(unreadable-batch, at their last offset), and events that Kafka refuses
(message-too-large: raise max.message.bytes of the topic).

Exit code: 0 nothing failed; 1 the run did not come to its end (start it again: nothing is published twice); 2 it did, and something could not be redriven.`,
  )
  .parse()
  .opts<{ dryRun: boolean; yes: boolean }>();

const bar = new SingleBar({ format: 'redriving [{bar}] {value}/{total}', clearOnComplete: false });
let barStarted = false;

try {
  if (!dryRun) {
    const agreed = createConfirmation(yes, { input: process.stdin, output: process.stderr });
    await agreed('Publish what is recognised now? (--dry-run says what that is.)');
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

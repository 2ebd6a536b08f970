/** `npm run redrive -- [--dry-run]`: see redrive.ts. Settings come from the environment, as for the ingress. */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { kafkaSettings, registrySettings } from '../../shared/config/common-settings.ts';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { recognise } from '../domain/recognise.ts';
import { redrive } from './redrive.ts';

const { dryRun } = new Command('redrive')
  .description('Publishes webhooks that were not recognised when they came, and are now, to their proper topics.')
  .option('--dry-run', 'only say what would be published', false)
  .parse()
  .opts<{ dryRun: boolean }>();

const bar = new SingleBar({ format: 'redriving [{bar}] {value}/{total}', clearOnComplete: false });
let barStarted = false;

try {
  const plan = await redrive({
    config: readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, process.env),
    logger: createLogger('redrive', 'silent'),
    recognise,
    dryRun,
    onProgress: (published, total) => {
      if (!barStarted) bar.start(total, 0);
      barStarted = true;
      bar.update(published);
    },
  });
  bar.stop();
  const byTopic = Object.groupBy(plan.redrivable, ({ message }) => message.topic);
  for (const [topic, events] of Object.entries(byTopic))
    console.log(`${dryRun ? 'would publish' : 'published'} ${events.length} to ${topic}`);
  if (plan.redrivable.length === 0) console.log('nothing to publish');
  if (plan.redrivenBefore > 0) console.log(`published by earlier runs: ${plan.redrivenBefore}`);
  for (const [reason, count] of Object.entries(plan.unrecognised))
    console.log(`still not recognised (${reason}): ${count}`);
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

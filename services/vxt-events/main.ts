#!/usr/bin/env node
/** `npx vxt-events`: what a person does now and then. Settings come from the environment, as for the services. */
import { Command } from 'commander';
import { kafkaSettings, registrySettings } from '../shared/config/common-settings.ts';
import { readSettingGroups } from '../shared/config/settings.ts';
import { createLogger } from '../shared/observability/logger.ts';
import { restoreRegistry } from './registry/restore-registry.ts';

/** Nothing was changed, and something would have been. */
const NOTHING_CHANGED = 2;

async function restore({ dryRun, yes }: { dryRun: boolean; yes: boolean }): Promise<void> {
  const config = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, process.env);
  const act = yes && !dryRun;
  const { there, missing } = await restoreRegistry(config, createLogger('vxt-events', 'silent'), act);
  for (const { id, subject } of there) console.log(`schema ${id} of ${subject} is there`);
  for (const { id, subject } of missing)
    console.log(`schema ${id} of ${subject} ${act ? 'was restored' : 'is missing and would be restored'}`);
  if (missing.length === 0 || act) console.log('The registry is as the log was written: start the services');
  else if (!dryRun) {
    console.log('Nothing was changed. Run it again with --yes to restore them');
    process.exitCode = NOTHING_CHANGED;
  }
}

const program = new Command('vxt-events').description('What a person does now and then for vxt-call-events.');
program
  .command('registry')
  .description('the schema registry')
  .command('restore')
  .description('Gives a registry that lost its data the schemas of the log back, each under the id that records have.')
  .option('--dry-run', 'only say what would be restored', false)
  .option('--yes', 'restore it', false)
  .addHelpText(
    'after',
    `
It reads the topic schema-ids, as the principal of call-metrics. Registries: Apicurio 3 (SCHEMA_REGISTRY_URL with /apis/ccompat/, by its import)
and those of Confluent’s API with mode IMPORT. A registry that has other schemas under these ids is refused: remove its data first.

Exit code: 0 the registry is as the log was written, or --dry-run; 1 it could not be restored; 2 nothing was changed, as --yes was not given.`,
  )
  .action(restore);

try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

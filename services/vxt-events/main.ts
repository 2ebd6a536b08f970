#!/usr/bin/env node
/** `npx vxt-events`: commands for operators. Settings come from the environment, as for the services. */
import { Command } from 'commander';
import { kafkaSettings, registrySettings } from '../shared/config/common-settings.ts';
import { readSettingGroups } from '../shared/config/settings.ts';
import { createLogger } from '../shared/observability/logger.ts';
import { restoreRegistry } from './registry/restore-registry.ts';

/** Exit code: something would be restored, and `--yes` was not given. */
const NOTHING_CHANGED = 2;

async function restore({ dryRun, yes }: { dryRun: boolean; yes: boolean }): Promise<void> {
  const config = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, process.env);
  const apply = yes && !dryRun;
  const { present, missing } = await restoreRegistry(config, createLogger('vxt-events', 'silent'), apply);
  for (const { id, subject } of present) console.log(`schema ${id} of ${subject} is present`);
  for (const { id, subject } of missing)
    console.log(`schema ${id} of ${subject} ${apply ? 'was restored' : 'is missing and would be restored'}`);
  if (missing.length === 0 || apply) console.log('The registry matches the log: start the services');
  else if (!dryRun) {
    console.log('Nothing was changed. Run it again with --yes to restore them');
    process.exitCode = NOTHING_CHANGED;
  }
}

const program = new Command('vxt-events').description('Commands for operators of vxt-call-events.');
program
  .command('registry')
  .description('the schema registry')
  .command('restore')
  .description(
    'Restores the schemas of the log to a registry that lost its data, each under the id that records refer to.',
  )
  .option('--dry-run', 'only report what would be restored', false)
  .option('--yes', 'restore the schemas', false)
  .addHelpText(
    'after',
    `
It reads the topic schema-ids with the Kafka rights of call-metrics. Supported are Apicurio 3 (SCHEMA_REGISTRY_URL with /apis/ccompat/, through
its import) and registries with Confluent’s API and mode IMPORT. A registry with other schemas under these ids is refused: remove its data first.

Exit code: 0 the registry matches the log, or --dry-run; 1 it could not be restored; 2 nothing was changed because --yes was not given.`,
  )
  .action(restore);

try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

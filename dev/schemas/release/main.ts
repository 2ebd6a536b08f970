/** `npm run schemas:release`: freezes every schema that changed as a version that later ones must stay compatible with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { avroType } from '../../../services/shared/avro/avro-type.ts';
import { currentSchema, type Golden, releasedDirectory, releasedVersions, schemaNames } from '../released-schemas.ts';

const { dryRun } = new Command('npm run schemas:release --')
  .description('Freezes every schema that changed as a version that later ones must stay compatible with.')
  .option('--dry-run', 'only say what would be released', false)
  .parse()
  .opts<{ dryRun: boolean }>();

const GOLDEN_VALUES = 8;

for (const name of schemaNames()) {
  const schema = currentSchema(name);
  const newest = releasedVersions(name).at(-1);
  if (newest?.schema === schema) continue;
  const version = (newest?.version ?? 0) + 1;
  if (dryRun) {
    console.log(`${name}: would release v${version}`);
    continue;
  }
  const type = avroType(JSON.parse(schema));
  const golden: Golden = Array.from({ length: GOLDEN_VALUES }, () => {
    const value: unknown = type.random();
    return { hex: type.toBuffer(value).toString('hex'), json: type.toString(value) };
  });
  const folder = join(releasedDirectory, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `v${version}.avsc`), schema);
  writeFileSync(join(folder, `v${version}.golden.json`), `${JSON.stringify(golden, null, 2)}\n`);
  console.log(`${name}: released v${version}`);
}

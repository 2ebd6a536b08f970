/** `npm run generate`: writes the TypeScript types of schemas/*.avsc. With --check it only says whether they are current. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { avroToTypescript } from './avro-to-typescript.ts';

const { check } = new Command('npm run generate --')
  .description('Writes the TypeScript types of schemas/*.avsc.')
  .option('--check', 'write nothing, and fail where they are stale', false)
  .parse()
  .opts<{ check: boolean }>();

const root = join(import.meta.dirname, '../..');
const target = join(root, 'services/shared/call-events/avro-types.generated.ts');
const files = readdirSync(join(root, 'schemas'))
  .filter((file) => file.endsWith('.avsc'))
  .sort();
const schemas = files.map((file) => JSON.parse(readFileSync(join(root, 'schemas', file), 'utf8')));
const source = `// Generated from schemas/*.avsc by \`npm run generate\`: edit those.\n\n${avroToTypescript(schemas)}`;

if (check) {
  const current = readFileSync(target, 'utf8') === source;
  console.log(
    current ? 'avro-types.generated.ts is current' : 'avro-types.generated.ts is stale: run `npm run generate`',
  );
  process.exitCode = current ? 0 : 1;
} else {
  writeFileSync(target, source);
  console.log(`${files.length} schemas → ${target.slice(root.length + 1)}`);
}

/** `npm run schemas`: fails, naming the field, when a schema is not compatible with all released versions. */
import { Command } from 'commander';
import { problemsOf } from '../check-schema.ts';
import { currentSchema, releasedVersions, schemaNames } from '../released-schemas.ts';

new Command('node dev/schemas/check/main.ts')
  .description('Fails, naming the field, when a schema is not compatible with all its released versions.')
  .parse();

const names = schemaNames();
const problems = names.flatMap((name) => problemsOf(name, currentSchema(name), releasedVersions(name)));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${names.length} schemas are FULL_TRANSITIVE compatible with all their released versions`);

import { avroType } from '../../services/shared/avro/avro-type.ts';
import { incompatibilities } from '../../services/shared/avro/compatibility.ts';
import { createResolver } from '../../services/shared/avro/resolver.ts';
import type { ReleasedSchema } from './released-schemas.ts';

/**
 * What is wrong with a schema beside its released versions: FULL_TRANSITIVE compatibility (every version reads every
 * other), and the golden bytes of each release still decode to what they meant.
 */
export function problemsOf(name: string, current: string, released: readonly ReleasedSchema[]): readonly string[] {
  const now = avroType(JSON.parse(current));
  const newest = released.at(-1);
  const unreleased =
    newest?.schema === current ? [] : [`${name} is not released as it is: run \`npm run schemas:release\``];
  const broken = released.flatMap(({ version, schema, golden }) => {
    const then = avroType(JSON.parse(schema));
    const told = [
      ...incompatibilities(now, then).map((problem) => `${name} cannot read v${version}: ${problem}`),
      ...incompatibilities(then, now).map((problem) => `v${version} cannot read ${name}: ${problem}`),
    ];
    if (told.length > 0) return told;
    const resolver = createResolver(now, then);
    return golden.flatMap(({ hex, json }, index) => {
      const value: unknown = now.fromBuffer(Buffer.from(hex, 'hex'), resolver);
      const meant: unknown = now.fromBuffer(then.toBuffer(then.fromString(json)), resolver);
      return now.toString(value) === now.toString(meant)
        ? []
        : [`${name}: golden value ${index} of v${version} changed its meaning`];
    });
  });
  return broken.length > 0 ? broken : unreleased;
}

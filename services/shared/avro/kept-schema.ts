import avro, { type Schema } from 'avsc';
import type { KeptSchema } from './ask-registry.ts';
import { avroType } from './avro-type.ts';

/** Stands for what no Avro reader can use: `avroType` refuses it. */
const NOT_AVRO: Schema = { type: 'not-avro' } as unknown as Schema;

/**
 * A schema of the registry as one Avro schema that needs no other. One in another language, invalid Avro, or Avro that refers to what the registry does not have
 * comes as a schema that `avroType` refuses. `ask` gives a version of a subject; null: the registry has none. Rejects what `ask` rejects.
 */
export async function schemaOf(
  kept: KeptSchema,
  ask: (subject: string, version: number) => Promise<KeptSchema | null>,
): Promise<Schema> {
  const named = new Set<string>();
  const texts: string[] = [];
  /** Depth first, as a schema must be known before another names it. False: one is not there, or not Avro. */
  const gather = async ({ schemaType, schema, references }: KeptSchema): Promise<boolean> => {
    if (schemaType !== 'AVRO') return false;
    for (const { subject, version } of references) {
      const name = `${subject}/${version}`;
      if (named.has(name)) continue;
      named.add(name);
      const referred = await ask(subject, version);
      if (referred === null || !(await gather(referred))) return false;
    }
    texts.push(schema);
    return true;
  };
  return (await gather(kept)) ? inOne(texts) : NOT_AVRO;
}

/** The last of these schemas, with what it names of those before it. */
function inOne(texts: readonly string[]): Schema {
  try {
    const registry = {};
    const types = texts.map((text) => avro.Type.forSchema(JSON.parse(text), { registry }));
    const whole: Schema = JSON.parse(JSON.stringify(types.at(-1)));
    avroType(whole);
    return whole;
  } catch {
    return NOT_AVRO;
  }
}

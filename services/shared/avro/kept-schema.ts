import avro, { type Schema } from 'avsc';
import type { RegisteredSchema } from './ask-registry.ts';
import { avroType } from './avro-type.ts';

/** A placeholder for any schema that no Avro reader can use: `avroType` rejects it. */
const NOT_AVRO: Schema = { type: 'not-avro' } as unknown as Schema;

/**
 * A registered schema as one self-contained Avro schema, with its references inlined. If it is in another language, is invalid, or refers to a schema that the
 * registry does not have, the result is a schema that `avroType` rejects. `ask` returns a version of a subject, or null if there is none. Rejects if `ask` does.
 */
export async function schemaOf(
  registered: RegisteredSchema,
  ask: (subject: string, version: number) => Promise<RegisteredSchema | null>,
): Promise<Schema> {
  const named = new Set<string>();
  const texts: string[] = [];
  /** Depth first, because a schema must be defined before another one names it. False if one is missing or is not Avro. */
  const gather = async ({ schemaType, schema, references }: RegisteredSchema): Promise<boolean> => {
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
  return (await gather(registered)) ? inlined(texts) : NOT_AVRO;
}

/** The last of these schemas, with the definitions it takes from those before it. */
function inlined(texts: readonly string[]): Schema {
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

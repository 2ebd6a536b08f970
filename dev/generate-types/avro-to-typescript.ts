/** The parts of an Avro schema (1.12, "Schema Declaration") that the files in schemas/ use. */
export type AvroSchema = string | readonly AvroSchema[] | AvroComplex;

export type AvroComplex = Readonly<{
  type: AvroSchema;
  name?: string;
  namespace?: string;
  doc?: string;
  items?: AvroSchema;
  symbols?: readonly string[];
  fields?: readonly Readonly<{ name: string; type: AvroSchema; doc?: string }>[];
}>;

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Buffer',
  string: 'string',
};

/**
 * TypeScript source for the named types of `schemas`, in the shape avsc gives them with `wrapUnions: 'always'`: a branch
 * of a union is `{ 'full.Name': value }`, except null. A type that several schemas define is written once; two
 * definitions that differ are an error, because subscribers would see one name with two meanings.
 */
export function avroToTypescript(schemas: readonly AvroSchema[]): string {
  const written = new Map<string, string>();
  for (const schema of schemas) typeOf(schema, '', written);
  return [...written.values()].join('\n');
}

function typeOf(schema: AvroSchema, namespace: string, written: Map<string, string>): string {
  if (typeof schema === 'string') return primitives[schema] ?? shortName(schema);
  if (isUnion(schema)) return schema.map((branch) => branchOf(branch, namespace, written)).join(' | ');
  if (schema.type === 'array') return `readonly (${typeOf(schema.items ?? 'null', namespace, written)})[]`;
  if (schema.type === 'record' || schema.type === 'enum') return named(schema, schema.namespace ?? namespace, written);
  return typeOf(schema.type, namespace, written);
}

function branchOf(branch: AvroSchema, namespace: string, written: Map<string, string>): string {
  const type = typeOf(branch, namespace, written);
  return type === 'null' ? type : `{ readonly '${branchName(branch, namespace)}': ${type} }`;
}

function branchName(branch: AvroSchema, namespace: string): string {
  if (typeof branch === 'string')
    return branch in primitives || branch.includes('.') ? branch : `${namespace}.${branch}`;
  if (isUnion(branch)) throw new Error('A union cannot contain a union');
  return branch.name === undefined
    ? branchName(branch.type, namespace)
    : `${branch.namespace ?? namespace}.${branch.name}`;
}

function named(schema: AvroComplex, namespace: string, written: Map<string, string>): string {
  const name = schema.name ?? '';
  const before = written.get(name);
  written.set(name, '');
  const source = schema.type === 'enum' ? enumSource(schema) : recordSource(schema, namespace, written);
  if (before !== undefined && before !== source) throw new Error(`${namespace}.${name} is defined twice, differently`);
  written.delete(name);
  written.set(name, source);
  return name;
}

const enumSource = (schema: AvroComplex): string =>
  `${docOf(schema.doc, '')}export type ${schema.name} = ${(schema.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ')};\n`;

function recordSource(schema: AvroComplex, namespace: string, written: Map<string, string>): string {
  const fields = (schema.fields ?? []).map(
    (field) => `${docOf(field.doc, '  ')}  readonly ${field.name}: ${typeOf(field.type, namespace, written)};\n`,
  );
  return `${docOf(schema.doc, '')}export type ${schema.name} = {\n${fields.join('')}};\n`;
}

const docOf = (doc: string | undefined, indent: string): string => (doc ? `${indent}/** ${doc} */\n` : '');
const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
const isUnion = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema);

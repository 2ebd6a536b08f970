/** A JSON schema, as in the OpenAPI document of Kubernetes. */
export type Schema = Readonly<Record<string, unknown>>;

/** Keywords that do not affect validity, or that Ajv would interpret differently. */
const dropped = new Set(['description', 'default', 'format', 'example', 'externalDocs']);

/**
 * The schema without documentation, and closed: an unknown property is an error, as in the Kubernetes API with strict field validation. `onReference` is called with the
 * name of every definition that the schema refers to.
 */
export function closedSchema(schema: Schema, onReference: (name: string) => void): Schema {
  // OpenAPI calls intstr.IntOrString and Quantity strings, but the API also accepts numbers.
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true)
    return { type: ['integer', 'string'] };
  if (typeof schema.description === 'string' && /^Quantity is a fixed-point/.test(schema.description))
    return { type: ['number', 'string'] };
  const closed: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (dropped.has(keyword) || keyword.startsWith('x-kubernetes-')) continue;
    closed[keyword] = closedValue(keyword, value, onReference);
  }
  if (typeof closed.$ref === 'string') onReference(closed.$ref.replace('#/definitions/', ''));
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties !== undefined;
  if (schema.properties !== undefined && !open) closed.additionalProperties = false;
  return closed;
}

function closedValue(keyword: string, value: unknown, onReference: (name: string) => void): unknown {
  // In Go, (?i) applies to the rest of the expression; JavaScript needs a group.
  if (keyword === 'pattern' && typeof value === 'string') return value.replace('(?i)(', '(?i:');
  const inner = (one: unknown): unknown => (isSchema(one) ? closedSchema(one, onReference) : one);
  if (keyword === 'properties' && isSchema(value))
    return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, inner(property)]));
  return Array.isArray(value) ? value.map(inner) : inner(value);
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

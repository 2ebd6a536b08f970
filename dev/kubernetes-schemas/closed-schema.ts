/** A JSON schema, as OpenAPI of Kubernetes writes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** Words that say nothing about validity, or that Ajv would take for something else. */
const left = new Set(['description', 'default', 'format', 'example', 'externalDocs']);

/**
 * The schema without prose, and closed: a property it does not name is an error, as it is for the Kubernetes API with strict field validation. `onReference`
 * is told the name of every definition it refers to.
 */
export function closedSchema(schema: Schema, onReference: (name: string) => void): Schema {
  // intstr.IntOrString and Quantity: OpenAPI calls them strings, and the API takes numbers.
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true)
    return { type: ['integer', 'string'] };
  if (typeof schema.description === 'string' && /^Quantity is a fixed-point/.test(schema.description))
    return { type: ['number', 'string'] };
  const closed: Record<string, unknown> = {};
  for (const [word, value] of Object.entries(schema)) {
    if (left.has(word) || word.startsWith('x-kubernetes-')) continue;
    closed[word] = closedValue(word, value, onReference);
  }
  if (typeof closed.$ref === 'string') onReference(closed.$ref.replace('#/definitions/', ''));
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties !== undefined;
  if (schema.properties !== undefined && !open) closed.additionalProperties = false;
  return closed;
}

function closedValue(word: string, value: unknown, onReference: (name: string) => void): unknown {
  // Go's flag for the rest of an expression; JavaScript wants a group for it.
  if (word === 'pattern' && typeof value === 'string') return value.replace('(?i)(', '(?i:');
  const inner = (one: unknown): unknown => (isSchema(one) ? closedSchema(one, onReference) : one);
  if (word === 'properties' && isSchema(value))
    return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, inner(property)]));
  return Array.isArray(value) ? value.map(inner) : inner(value);
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

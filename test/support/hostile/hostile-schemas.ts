const record = (name: string, ...fields: readonly (readonly [string, unknown])[]) => ({
  type: 'record',
  name,
  fields: fields.map(([field, type]) => ({ name: field, type })),
});

/** Schemas that a registry holds for other teams, or by mistake, with what each is. */
const schemas: readonly (readonly [string, string, unknown])[] = [
  ['a JSON schema', 'JSON', { type: 'object', properties: { id: { type: 'string' } } }],
  ['a JSON schema that would be Avro', 'JSON', { type: 'string' }],
  ['Protobuf', 'PROTOBUF', 'syntax = "proto3"; message Hostile { string id = 1; }'],
  ['an Avro string', 'AVRO', 'string'],
  ['Avro of another name', 'AVRO', record('other.team.Event', ['id', 'string'])],
  ['Avro of our name and other fields', 'AVRO', { ...record('CallLog', ['number', 'int']), namespace: 'vxt.events' }],
  ['Avro that names itself', 'AVRO', record('other.team.Tree', ['left', ['null', 'other.team.Tree']])],
  ['an array of nothings', 'AVRO', record('other.team.Nothings', ['items', { type: 'array', items: 'null' }])],
  // Java takes it; avsc knows no such default.
  ['Avro that only Java takes', 'AVRO', { ...record('other.team.Odd', ['id', 'string']), aliases: ['1-not a name'] }],
];

/** Registers them; gives the ids of those that the registry takes. */
export async function registerHostileSchemas(
  registryUrl: string,
  prefix: string,
): Promise<readonly (readonly [string, number])[]> {
  const ids: (readonly [string, number])[] = [];
  for (const [index, [name, schemaType, schema]] of schemas.entries()) {
    const text = schemaType === 'PROTOBUF' ? String(schema) : JSON.stringify(schema);
    const response = await fetch(`${registryUrl}/subjects/${prefix}hostile-${index}-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType, schema: text }),
    });
    const answer: unknown = await response.json();
    if (response.ok && typeof answer === 'object' && answer !== null && 'id' in answer)
      ids.push([name, Number(answer.id)]);
  }
  return ids;
}

import type { Type, types } from 'avsc';
import { createResolver } from './resolver.ts';

/**
 * Why data of `writer` cannot be read as `reader`, each line with the path of the field; none if it can (Avro 1.12,
 * "Schema Resolution").
 */
export function incompatibilities(reader: Type, writer: Type, path = reader.name ?? ''): readonly string[] {
  if (isRecord(reader) && isRecord(writer)) return ofRecords(reader, writer, path);
  if (isArray(reader) && isArray(writer)) return incompatibilities(reader.itemsType, writer.itemsType, `${path}[]`);
  if (isUnion(reader) && isUnion(writer)) return writer.types.flatMap((branch) => ofBranch(reader, branch, path));
  try {
    createResolver(reader, writer);
    return [];
  } catch {
    return [`${path}: ${describe(writer)} cannot be read as ${describe(reader)}`];
  }
}

function ofRecords(reader: types.RecordType, writer: types.RecordType, path: string): readonly string[] {
  if (reader.name !== writer.name) return [`${path}: ${writer.name} was renamed to ${reader.name}`];
  return reader.fields.flatMap((field) => {
    const written = writer.fields.find(({ name }) => name === field.name);
    if (written !== undefined) return incompatibilities(field.type, written.type, `${path}.${field.name}`);
    return field.defaultValue() === undefined
      ? [`${path}.${field.name}: a field that is not in every version needs a default`]
      : [];
  });
}

function ofBranch(reader: types.UnwrappedUnionType, branch: Type, path: string): readonly string[] {
  const known = reader.types.find((candidate) => candidate.branchName === branch.branchName);
  if (known === undefined)
    return [`${path}: the branch ${describe(branch)} is not in every version; a union cannot change`];
  return incompatibilities(known, branch, path);
}

const describe = (type: Type): string => type.branchName ?? type.typeName;
const isRecord = (type: Type): type is types.RecordType => type.typeName === 'record';
const isArray = (type: Type): type is types.ArrayType => type.typeName === 'array';
const isUnion = (type: Type): type is types.UnwrappedUnionType => type.typeName.startsWith('union');

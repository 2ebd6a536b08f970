import { createHash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';
import type { WrittenId } from '../../shared/avro/schema-ids/written-id.ts';
import { assertAgreed, type ImportSchemas } from './import-schemas.ts';

/** Where Apicurio has its Confluent-compatible API. */
const COMPATIBLE_API = /\/apis\/ccompat\/.*$/;

export const isApicurio = (url: string): boolean => COMPATIBLE_API.test(url);

/**
 * Apicurio has no mode IMPORT. It takes an export of itself, with the ids of its contents, which are the ids of its Confluent-compatible API. What it does not take
 * of that it only logs.
 */
export const importIntoApicurio: ImportSchemas = async (ask, url, missing) => {
  const root = url.replace(COMPATIBLE_API, '');
  const answer = await ask(`${root}/apis/registry/v3/admin/import?requireEmptyRegistry=false`, {
    method: 'POST',
    headers: {
      'content-type': 'application/zip',
      'x-registry-preserve-contentid': 'true',
      'x-registry-preserve-globalid': 'false',
    },
    body: apicurioExport(missing),
  });
  assertAgreed(answer, 'take the schemas');
};

/** The files of an export of Apicurio 3, as far as schemas of Avro need them. */
export function apicurioExport(written: readonly WrittenId[]): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  const put = (path: string, entity: object): void => {
    files[path] = strToU8(JSON.stringify(entity));
  };
  const now = Date.now();
  put('manifest-restore.Manifest.json', {
    systemName: 'vxt-events',
    systemVersion: '3.0',
    exportVersion: '3.0',
    exportedOn: now,
  });
  const subjects = Map.groupBy(written, ({ subject }) => subject);
  for (const { id, schema } of written) {
    const contentHash = createHash('sha256').update(schema).digest('hex');
    put(`content/${contentHash}.Content.json`, {
      contentId: id,
      contentHash,
      artifactType: 'AVRO',
      contentType: 'application/json',
      serializedReferences: null,
    });
    files[`content/${contentHash}.Content.data`] = strToU8(schema);
  }
  for (const [subject, versions] of subjects) {
    const folder = `groups/default/artifacts/${subject}`;
    const own = { groupId: 'default', artifactId: subject, owner: '', createdOn: now, modifiedOn: now };
    put(`${folder}/MetaData.Artifact.json`, { ...own, artifactType: 'AVRO' });
    for (const [index, { id }] of [...versions].sort((a, b) => a.id - b.id).entries()) {
      const version = String(index + 1);
      put(`${folder}/versions/${version}.ArtifactVersion.json`, {
        ...own,
        globalId: id,
        contentId: id,
        version,
        versionOrder: index + 1,
        state: 'ENABLED',
      });
    }
  }
  return zipSync(files);
}

import { type AskRegistry, assertAgreed, type ImportSchemas } from './import-schemas.ts';

const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };

/**
 * Confluent’s own way: a subject in mode IMPORT takes a schema under a given id and version. The registry must allow that (`mode.mutability`, on by default). The
 * subject is in its usual mode again afterwards, also where a schema was refused.
 */
export const importIntoConfluent: ImportSchemas = async (ask, url, missing) => {
  const subjects = new Set(missing.map(({ subject }) => subject));
  for (const subject of subjects) {
    const name = encodeURIComponent(subject);
    const setMode = (mode: string, force: string) =>
      ask(`${url}/mode/${name}${force}`, { method: 'PUT', headers, body: JSON.stringify({ mode }) });
    const newest = await newestVersion(ask, `${url}/subjects/${name}/versions`);
    assertAgreed(await setMode('IMPORT', newest > 0 ? '?force=true' : ''), 'take schemas under given ids');
    try {
      const own = missing.filter((one) => one.subject === subject).sort((a, b) => a.id - b.id);
      for (const [index, { id, schema }] of own.entries()) {
        const body = JSON.stringify({ schemaType: 'AVRO', schema, id, version: newest + index + 1 });
        const answer = await ask(`${url}/subjects/${name}/versions`, { method: 'POST', headers, body });
        assertAgreed(answer, `take schema ${id} of ${subject}`);
      }
    } finally {
      assertAgreed(await setMode('READWRITE', ''), `leave mode IMPORT of ${subject}`);
    }
  }
};

/** The highest version of a subject; 0 where there is none. */
async function newestVersion(ask: AskRegistry, address: string): Promise<number> {
  const { status, body } = await ask(address);
  const versions: unknown = status === 200 ? JSON.parse(body) : [];
  return Array.isArray(versions) ? Math.max(0, ...versions.map(Number)) : 0;
}

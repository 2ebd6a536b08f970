import { type AskRegistry, assertAccepted, type ImportSchemas } from './registry-import.ts';

const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };

/**
 * A subject in mode IMPORT accepts schemas under given ids and versions. The registry must allow that (`mode.mutability`, on by default). Afterwards the subject
 * is back in mode READWRITE, even if a schema was refused.
 */
export const importIntoConfluent: ImportSchemas = async (ask, url, missing) => {
  const subjects = new Set(missing.map(({ subject }) => subject));
  for (const subject of subjects) {
    const name = encodeURIComponent(subject);
    const setMode = (mode: string, force: string) =>
      ask(`${url}/mode/${name}${force}`, { method: 'PUT', headers, body: JSON.stringify({ mode }) });
    const newest = await newestVersion(ask, `${url}/subjects/${name}/versions`);
    assertAccepted(await setMode('IMPORT', newest > 0 ? '?force=true' : ''), 'accept schemas under given ids');
    try {
      const own = missing.filter((one) => one.subject === subject).sort((a, b) => a.id - b.id);
      for (const [index, { id, schema }] of own.entries()) {
        const body = JSON.stringify({ schemaType: 'AVRO', schema, id, version: newest + index + 1 });
        const answer = await ask(`${url}/subjects/${name}/versions`, { method: 'POST', headers, body });
        assertAccepted(answer, `accept schema ${id} of ${subject}`);
      }
    } finally {
      assertAccepted(await setMode('READWRITE', ''), `leave mode IMPORT of ${subject}`);
    }
  }
};

/** The highest version of a subject; 0 if it has none. */
async function newestVersion(ask: AskRegistry, address: string): Promise<number> {
  const { status, body } = await ask(address);
  const versions: unknown = status === 200 ? JSON.parse(body) : [];
  return Array.isArray(versions) ? Math.max(0, ...versions.map(Number)) : 0;
}

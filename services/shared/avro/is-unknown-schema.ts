import { askRegistry, type RegistrySecurity } from './registry-request.ts';

/** `error_code` of the Confluent API, and of Apicurio's and Redpanda's: the registry has no schema with this id. */
const SCHEMA_NOT_FOUND = 40403;

/**
 * Whether the registry itself says that it has no schema with this id. A 404 of a proxy, or of a path that is not the registry's, does not say so. Rejects where
 * there is no answer.
 */
export async function isUnknownSchema(url: string, id: number, security: RegistrySecurity): Promise<boolean> {
  const { status, body } = await askRegistry(`${url.replace(/\/$/, '')}/schemas/ids/${id}`, security);
  return status === 404 && errorCodeOf(body) === SCHEMA_NOT_FOUND;
}

function errorCodeOf(body: string): unknown {
  try {
    const said: unknown = JSON.parse(body);
    return typeof said === 'object' && said !== null && 'error_code' in said ? said.error_code : null;
  } catch {
    return null;
  }
}

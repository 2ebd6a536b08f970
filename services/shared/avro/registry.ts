import { Agent } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Schema } from 'avsc';
import type { Secret } from '../config/secret.ts';
import { readSettingFile, SettingsError } from '../config/settings.ts';
import { askForSchema, type KeptSchema } from './ask-registry.ts';
import { schemaOf } from './kept-schema.ts';
import type { RegistrySecurity } from './registry-request.ts';

/** The schema registry was away, or said no. `retriable` tells which. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly retriable: boolean;

  constructor(message: string, options: { cause?: unknown; retriable?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.retriable = options.retriable ?? true;
  }
}

export type RegistrySettings = Readonly<{
  url: string;
  username: string | null;
  password: Secret | null;
  /** PEM; null or absent: the authorities Node trusts. */
  sslCaFile?: string | null;
}>;

/** What this system asks of a Confluent-compatible registry. */
export type Registry = Readonly<{
  /**
   * Registers a schema under a subject with FULL_TRANSITIVE compatibility and returns its id; the same schema again
   * returns the same id. Throws RegistryError: not retriable when the registry refuses the schema.
   */
  register: (subject: string, schema: Schema) => Promise<number>;
  /**
   * The schema with this id, or null where the registry itself says that it knows none. One that is no Avro (JSON Schema, Protobuf, not valid) comes as one
   * that `avroType` refuses. Throws RegistryError when the registry is unavailable, and only then.
   */
  schemaById: (id: number) => Promise<Schema | null>;
}>;

const AGAIN_MS = 300;
/** No registry deals ids below it. */
const MIN_ID = 1;
/** The registry's client waits for an answer for ever. */
const ANSWER_WITHIN_MS = 15_000;

/** Opens no connection yet. `onError` is called for each request that failed. Throws SettingsError where the settings of TLS and login do not fit. */
export function connectRegistry(settings: RegistrySettings, onError: () => void = () => undefined): Registry {
  const { url } = settings;
  const security = registrySecurity(settings);
  const client = new SchemaRegistry({
    host: url,
    retry: { retries: 2, initialRetryTimeInSecs: 0.2 },
    ...security,
  });
  // The client takes JSON Schema and Protobuf for an outage, and a proxy's 404 for an unknown schema: so what is read is asked for by our own code.
  const ask = (path: string): Promise<KeptSchema | null> => askForSchema(url, path, security);
  const readSchema = async (id: number): Promise<Schema | null> => {
    if (id < MIN_ID) return null;
    const kept = await ask(`/schemas/ids/${id}`);
    return kept === null
      ? null
      : schemaOf(kept, (subject, version) => ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`));
  };

  return {
    register: async (subject, schema) => {
      const confluent = { type: 'AVRO', schema: JSON.stringify(schema) } as Parameters<typeof client.register>[0];
      const register = () => client.register(confluent, { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE });
      try {
        // Two replicas that start at once both set a new subject's compatibility, and the second is refused: once more.
        const { id } = await within(register().catch(() => setTimeout(AGAIN_MS).then(register)));
        return id;
      } catch (error) {
        onError();
        throw asRegistryError(error, `register the schema of ${subject}`, url);
      }
    },
    schemaById: async (id) => {
      try {
        return await within(readSchema(id));
      } catch (error) {
        onError();
        throw asRegistryError(error, `read schema ${id}`, url);
      }
    },
  };
}

/** Rejects where there is no answer in time. */
async function within<T>(answer: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = setTimeout(ANSWER_WITHIN_MS, undefined, { signal: done.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${ANSWER_WITHIN_MS / 1_000} s`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}

/** How to log in, and whom to trust. Throws SettingsError where the settings do not fit. */
export function registrySecurity({ url, username, password, sslCaFile = null }: RegistrySettings): RegistrySecurity {
  const problems: string[] = [];
  if ((username === null) !== (password === null))
    problems.push('SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD go together: set both or neither');
  if (sslCaFile !== null && !url.startsWith('https:'))
    problems.push('SCHEMA_REGISTRY_SSL_CA_FILE is set, but SCHEMA_REGISTRY_URL does not begin with https://');
  const ca = sslCaFile === null ? null : readSettingFile('SCHEMA_REGISTRY_SSL_CA_FILE', sslCaFile, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...(username === null || password === null ? {} : { auth: { username, password: password.reveal() } }),
    ...(ca === null ? {} : { agent: new Agent({ ca, keepAlive: true }) }),
  };
}

/** What Node and OpenSSL say of a certificate that cannot be trusted. */
const untrusted = /certificate|altnames|self.signed/i;

function asRegistryError(error: unknown, what: string, url: string): RegistryError {
  const status = statusOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const refused = (why: string) =>
    new RegistryError(`The schema registry at ${url} refused to ${what}${why}`, { cause: error, retriable: false });
  if (status === 401 || status === 403)
    return refused(` (HTTP ${status}): check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD`);
  if (status === 409 || status === 422 || /compatib/i.test(said)) return refused(`: ${said}`);
  if (url.startsWith('https:') && untrusted.test(said)) {
    return new RegistryError(
      `The certificate of the schema registry at ${url} is not trusted (${said}): check SCHEMA_REGISTRY_SSL_CA_FILE and the host in SCHEMA_REGISTRY_URL`,
      { cause: error, retriable: false },
    );
  }
  return new RegistryError(`Could not ${what} at ${url}: ${said}. Is SCHEMA_REGISTRY_URL right, and the registry up?`, {
    cause: error,
  });
}

function statusOf(error: unknown): number | null {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : null;
  return typeof status === 'number' && status > 0 ? status : null;
}

import { connectRegistry, type Registry, RegistryError } from '../../shared/avro/registry.ts';
import { checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import { RESTORE, SchemaIdsError } from '../../shared/avro/schema-ids/schema-ids-error.ts';
import type { SchemaIdLog } from '../../shared/avro/schema-ids/written-id.ts';
import { eventKinds } from '../../shared/call-events/topics.ts';
import { errorFields, type Logger } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';
import type { IngressConfig } from '../config.ts';
import type { Encoders } from '../domain/event-message.ts';
import { type AssignedId, encodersWith, mismatchedIds, registerSchemas, type SchemaIds } from './create-encoders.ts';
import { type KeptSchemaIds, keptSchemaIds } from './kept-schema-ids.ts';
import { retryInBackground } from './retry-in-background.ts';

/** The schema ids of an ingress with a spool. */
export type SchemaIdWatch = Readonly<{
  /** Null until the ids are known: none are kept from an earlier start, and registry and log have not supplied them yet. */
  encoders: () => Encoders | null;
  /** Why nothing may be published: the registry assigns other ids than the log was written with. Null if it does not. */
  problem: () => string | null;
  /** Also false until the ids of a changed schema are in the log. */
  mayPublish: () => boolean;
  stop: () => void;
}>;

/** Runs `work` with the log of schema ids, over a connection of its own. Rejects if Kafka is unavailable. */
export type WithSchemaIdLog = <T>(work: (log: SchemaIdLog) => Promise<T>) => Promise<T>;

/**
 * Uses the ids kept from an earlier start immediately, and checks them as soon as the registry answers. The registry must know every id that it ever assigned, and
 * those of the log's other writers. If it does not, records in the log could not be read with it: nothing is registered or published, spooling continues, and the
 * check is repeated until the registry has been restored.
 */
export function watchSchemaIds(
  config: IngressConfig,
  directory: string,
  logger: Logger,
  withLog: WithSchemaIdLog,
): SchemaIdWatch {
  const { url } = config.registry;
  const { topicPrefix } = config.kafka;
  const kept = keptSchemaIds(directory, topicPrefix);
  const { assigned, current: known } = readKept(kept, logger);
  const { callLog, voicemail } = known;
  let encoders = callLog === null || voicemail === null ? null : encodersWith({ callLog, voicemail }, config);
  let idsAreLogged = encoders !== null;
  let problem: string | null = null;

  const mismatch = `The schema registry at ${url} has other schema ids than the log was written with`;
  const differ = (log: Ids, there: string): KeptIdsError => new KeptIdsError(`${mismatch} (${namesOf(log)}, ${there})`);
  const use = async (ids: SchemaIds): Promise<void> => {
    const changed = eventKinds.flatMap((kind) => {
      const id = known[kind];
      return id === null || id === ids[kind] ? [] : [{ kind, id }];
    });
    if (changed.length > 0)
      throw differ(changed, `but registered as ${namesOf(changed.map(({ kind }) => ({ kind, id: ids[kind] })))}`);
    await keep(kept, ids, logger);
    encoders ??= encodersWith(ids, config);
  };
  const check = async (): Promise<void> => {
    const registry = registeringOnce(connectRegistry(config.registry));
    const lost = await mismatchedIds(registry, assigned);
    if (lost.length > 0) throw differ(lost, 'under which it has other schemas or none');
    // It has every id that it assigned before, so webhooks can be spooled under the id of a changed schema without waiting for Kafka.
    if (assigned.length > 0) await use(await registerSchemas(registry, topicPrefix));
    await withLog(async (log) => use(await registerSchemas(await checkRegistry(registry, log, url), topicPrefix)));
    idsAreLogged = true;
    problem = null;
  };
  const stop = retryInBackground(check, (error) => {
    const differs = error instanceof KeptIdsError || error instanceof SchemaIdsError;
    if (differs) problem = mismatch;
    const event = error instanceof RegistryError ? 'schema-registry-awaited' : 'schema-id-log-awaited';
    summaryOf(logger).error(differs ? 'schema-ids-differ' : event, '', errorFields(error));
  });
  return {
    encoders: () => encoders,
    problem: () => problem,
    mayPublish: () => problem === null && idsAreLogged,
    stop,
  };
}

type Ids = readonly Pick<AssignedId, 'kind' | 'id'>[];

/** The same registry, but each schema is registered at most once. */
function registeringOnce(registry: Registry): Registry {
  const ids = new Map<string, number>();
  return {
    ...registry,
    register: async (subject, schema) => {
      const id = ids.get(subject) ?? (await registry.register(subject, schema));
      ids.set(subject, id);
      return id;
    },
  };
}

/** The registry's ids differ from those kept next to the spool. Retriable: the registry can be restored. */
class KeptIdsError extends Error {
  override readonly name = 'KeptIdsError';
  readonly retriable = true;

  constructor(problem: string) {
    super(
      `${problem}: nothing is published. Restore the registry’s data, or restore its schemas from the log with \`${RESTORE}\`. Only if nothing in the log was written with the first ids, stop the ingress and remove schema-ids.json in SPOOL_DIRECTORY`,
    );
  }
}

const kindNames = { callLog: 'call logs', voicemail: 'voicemails' } as const;

const namesOf = (ids: Ids): string => ids.map(({ kind, id }) => `${kindNames[kind]} ${id}`).join(', ');

/** An unreadable file does not stop publishing: it is logged and left as it is. */
function readKept(kept: KeptSchemaIds, logger: Logger): ReturnType<KeptSchemaIds['read']> {
  try {
    return kept.read();
  } catch (error) {
    logger.error('schema-ids-unreadable', errorFields(error));
    return { assigned: [], current: { callLog: null, voicemail: null } };
  }
}

/** A full disk does not stop publishing. */
async function keep(kept: KeptSchemaIds, ids: SchemaIds, logger: Logger): Promise<void> {
  await kept.add(ids).catch((error: unknown) => logger.error('schema-ids-not-kept', errorFields(error)));
}

import { connectRegistry, type Registry, RegistryError } from '../shared/avro/registry.ts';
import { checkRegistry } from '../shared/avro/schema-ids/checked-registry.ts';
import { RESTORE, SchemaIdsError } from '../shared/avro/schema-ids/schema-ids-error.ts';
import type { SchemaIdLog } from '../shared/avro/schema-ids/written-id.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import type { IngressConfig } from './config.ts';
import {
  type DealtId,
  encodersWith,
  eventKinds,
  idsNotThere,
  registerSchemas,
  type SchemaIds,
} from './create-encoders.ts';
import type { Encoders } from './domain/event-message.ts';
import { type KeptSchemaIds, keptSchemaIds } from './kept-schema-ids.ts';
import { untilDone } from './until-done.ts';

/** The ids of the events' schemas of an ingress with a spool. */
export type SchemaIdWatch = Readonly<{
  /** Null until ids are known: none are kept from a start before, and registry and log have not told them yet. */
  encoders: () => Encoders | null;
  /** Why nothing may be published: the registry deals other ids than the log was written with. Null: there is no such reason. */
  problem: () => string | null;
  /** False, too, before the log knows the ids of a changed schema. */
  mayPublish: () => boolean;
  stop: () => void;
}>;

/** Runs `work` with the log's own schema ids, over a connection that ends with it; rejects where Kafka does not give them. */
export type WithSchemaIdLog = <T>(work: (log: SchemaIdLog) => Promise<T>) => Promise<T>;

/**
 * Goes by the ids kept from a start before, at once, and checks them as soon as the registry answers. It must know every id that it ever dealt, and those of the
 * log's other writers; if not, nothing is registered and nothing published, and spooling goes on: what is in the log could not be read with that registry. It is
 * asked again until it knows them, as it does once it is restored.
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
  const { dealt, current: known } = readKept(kept, logger);
  const { callLog, voicemail } = known;
  let encoders = callLog === null || voicemail === null ? null : encodersWith({ callLog, voicemail }, config);
  let logKnows = encoders !== null;
  let problem: string | null = null;

  const others = `The schema registry at ${url} has other schema ids than the log was written with`;
  const differ = (log: Ids, there: string): KeptIdsError => new KeptIdsError(`${others} (${namesOf(log)}, ${there})`);
  const use = async (ids: SchemaIds): Promise<void> => {
    const changed = eventKinds.flatMap((kind) => {
      const id = known[kind];
      return id === null || id === ids[kind] ? [] : [{ kind, id }];
    });
    if (changed.length > 0)
      throw differ(changed, `and there ${namesOf(changed.map(({ kind }) => ({ kind, id: ids[kind] })))}`);
    await keep(kept, ids, logger);
    encoders ??= encodersWith(ids, config);
  };
  const check = async (): Promise<void> => {
    const registry = registeringOnce(connectRegistry(config.registry));
    const notThere = await idsNotThere(registry, dealt);
    if (notThere.length > 0) throw differ(notThere, 'which are other schemas or none there');
    // It has all that it dealt before, so webhooks can be spooled under the id of a changed schema without waiting for Kafka.
    if (dealt.length > 0) await use(await registerSchemas(registry, topicPrefix));
    await withLog(async (log) => use(await registerSchemas(await checkRegistry(registry, log, url), topicPrefix)));
    logKnows = true;
    problem = null;
  };
  const stop = untilDone(check, (error) => {
    const differs = error instanceof KeptIdsError || error instanceof SchemaIdsError;
    if (differs) problem = others;
    const event = error instanceof RegistryError ? 'schema-registry-awaited' : 'schema-id-log-awaited';
    summaryOf(logger).error(differs ? 'schema-ids-differ' : event, '', errorFields(error));
  });
  return {
    encoders: () => encoders,
    problem: () => problem,
    mayPublish: () => problem === null && logKnows,
    stop,
  };
}

type Ids = readonly Pick<DealtId, 'kind' | 'id'>[];

/** The same registry, which is asked to register each schema at most once. */
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

/** The ids kept beside the spool and the registry's are not the same. Retriable: the registry can be restored. */
class KeptIdsError extends Error {
  override readonly name = 'KeptIdsError';
  readonly retriable = true;

  constructor(problem: string) {
    super(
      `${problem}: nothing is published. Restore the registry’s data, or give it the schemas of the log back with \`${RESTORE}\`. Only if nothing in the log was written with the first ids, stop the ingress and remove schema-ids.json in SPOOL_DIRECTORY`,
    );
  }
}

const kindNames = { callLog: 'call logs', voicemail: 'voicemails' } as const;

const namesOf = (ids: Ids): string => ids.map(({ kind, id }) => `${kindNames[kind]} ${id}`).join(', ');

/** A file that cannot be read is no reason not to publish; it is told, and stays as it is. */
function readKept(kept: KeptSchemaIds, logger: Logger): ReturnType<KeptSchemaIds['read']> {
  try {
    return kept.read();
  } catch (error) {
    logger.error('schema-ids-unreadable', errorFields(error));
    return { dealt: [], current: { callLog: null, voicemail: null } };
  }
}

/** A full disk is no reason not to publish. */
async function keep(kept: KeptSchemaIds, ids: SchemaIds, logger: Logger): Promise<void> {
  await kept.add(ids).catch((error: unknown) => logger.error('schema-ids-not-kept', errorFields(error)));
}

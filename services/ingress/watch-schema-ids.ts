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
  /** Null until ids are known: none are kept from a start before, and the registry has not answered yet. */
  encoders: () => Encoders | null;
  /** Why nothing may be published: the registry deals other ids than the log was written with. Null: it may. */
  problem: () => string | null;
  stop: () => void;
}>;

/**
 * Goes by the ids kept from a start before, at once, and checks them as soon as the registry answers. It must know every id that it ever dealt, those of earlier
 * schemas too; if not, nothing is registered and nothing published, and spooling goes on: what is in the log could not be read with that registry. It is asked
 * again until it knows them, as it does once it is restored.
 */
export function watchSchemaIds(config: IngressConfig, directory: string, logger: Logger): SchemaIdWatch {
  const kept = keptSchemaIds(directory, config.kafka.topicPrefix);
  const { dealt, current: known } = readKept(kept, logger);
  const { callLog, voicemail } = known;
  let encoders = callLog === null || voicemail === null ? null : encodersWith({ callLog, voicemail }, config);
  let problem: string | null = null;

  const differ = (log: Ids, there: string): SchemaIdsError => {
    problem = `The schema registry at ${config.registry.url} has other schema ids than the log was written with`;
    return new SchemaIdsError(`${problem} (${namesOf(log)}, ${there})`);
  };
  const check = async (): Promise<void> => {
    const notThere = await idsNotThere(config, dealt);
    if (notThere.length > 0) throw differ(notThere, 'which are other schemas or none there');
    const ids = await registerSchemas(config);
    const others = eventKinds.flatMap((kind) => {
      const id = known[kind];
      return id === null || id === ids[kind] ? [] : [{ kind, id }];
    });
    if (others.length > 0)
      throw differ(others, `and there ${namesOf(others.map(({ kind }) => ({ kind, id: ids[kind] })))}`);
    await keep(kept, ids, logger);
    problem = null;
    encoders ??= encodersWith(ids, config);
  };
  const stop = untilDone(check, (error) =>
    summaryOf(logger).error(
      error instanceof SchemaIdsError ? 'schema-ids-differ' : 'schema-registry-awaited',
      '',
      errorFields(error),
    ),
  );
  return { encoders: () => encoders, problem: () => problem, stop };
}

type Ids = readonly Pick<DealtId, 'kind' | 'id'>[];

/** The log's ids and the registry's are not the same. Retriable: the registry can be restored. */
class SchemaIdsError extends Error {
  override readonly name = 'SchemaIdsError';
  readonly retriable = true;

  constructor(problem: string) {
    super(
      `${problem}: nothing is published. Restore the registry’s data. Only if nothing in the log was written with the first ids, stop the ingress and remove schema-ids.json in SPOOL_DIRECTORY`,
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

import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import type { IngressConfig } from './config.ts';
import { encodersWith, knowsSchemas, registerSchemas, type SchemaIds } from './create-encoders.ts';
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
 * Goes by the ids kept from a start before, at once, and checks them as soon as the registry answers. Other ids there stop publishing, and not spooling: what is
 * in the log could not be read with that registry. It is asked again until it deals the kept ones, as it does once it is restored.
 */
export function watchSchemaIds(config: IngressConfig, directory: string, logger: Logger): SchemaIdWatch {
  const kept = keptSchemaIds(directory, config.kafka.topicPrefix);
  const known = kept.read();
  let encoders = known === null ? null : encodersWith(known, config);
  let problem: string | null = null;

  const differ = (log: SchemaIds, dealt: SchemaIds | null): SchemaIdsError => {
    problem = `The schema registry at ${config.registry.url} has other schema ids than the log was written with`;
    return new SchemaIdsError(log, dealt, problem);
  };
  const check = async (): Promise<void> => {
    if (known !== null && !(await knowsSchemas(config, known))) throw differ(known, null);
    const ids = await registerSchemas(config);
    if (known !== null && !isSame(known, ids)) throw differ(known, ids);
    problem = null;
    encoders ??= encodersWith(ids, config);
    await keep(kept, ids, logger);
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

/** The log's ids and the registry's are not the same. Retriable: the registry can be restored. */
class SchemaIdsError extends Error {
  override readonly name = 'SchemaIdsError';
  readonly retriable = true;

  constructor(log: SchemaIds, dealt: SchemaIds | null, problem: string) {
    const there = dealt === null ? 'which are other schemas or none there' : `and there ${namesOf(dealt)}`;
    super(
      `${problem} (${namesOf(log)}, ${there}): webhooks wait in the spool. Restore the registry’s data. Only if nothing was ever written with the first ids, stop the ingress and remove schema-ids.json in SPOOL_DIRECTORY`,
    );
  }
}

const namesOf = ({ callLog, voicemail }: SchemaIds): string => `call logs ${callLog}, voicemails ${voicemail}`;

const isSame = (one: SchemaIds, other: SchemaIds): boolean =>
  one.callLog === other.callLog && one.voicemail === other.voicemail;

/** A full disk is no reason not to publish. */
async function keep(kept: KeptSchemaIds, ids: SchemaIds, logger: Logger): Promise<void> {
  await kept.write(ids).catch((error: unknown) => logger.error('schema-ids-not-kept', errorFields(error)));
}

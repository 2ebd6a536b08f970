import type { LogEntry } from 'kafkajs';

const RECENT_MS = 5_000;

/** The text that kafkajs logs when a broker refuses to name a coordinator, and the error code behind it. */
const refusals = [
  { type: 'GROUP_AUTHORIZATION_FAILED', said: 'Group authorization failed' },
  { type: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', said: 'Transactional Id authorization failed' },
] as const;
type RefusalType = (typeof refusals)[number]['type'];

/** Why a client did not find the coordinator of a group or a transactional id. */
export type CoordinatorRefusals = Readonly<{
  /** Inspects a log line of kafkajs. */
  note: (entry: LogEntry) => void;
  /** The broker's code behind an error of kafkajs; null for other errors, or if no refusal was logged in the last 5 s. */
  behind: (error: unknown, sought: Readonly<{ group?: string; transactionalId?: string }>) => RefusalType | null;
}>;

/** kafkajs asks each broker for the coordinator and discards their answers, so only its log shows that it was a refusal. */
export function createCoordinatorRefusals(nowMs: () => number): CoordinatorRefusals {
  const lastMs = new Map<RefusalType, number>();
  return {
    note: ({ log: { message, error } }) => {
      if (!message.startsWith('Response GroupCoordinator') || typeof error !== 'string') return;
      for (const { type, said } of refusals) if (error.includes(said)) lastMs.set(type, nowMs());
    },
    behind: (error, { group, transactionalId }) => {
      if (!(error instanceof Error) || error.name !== 'KafkaJSGroupCoordinatorNotFound') return null;
      return (
        refusals
          .map(({ type }) => type)
          .filter((type) => (type === 'GROUP_AUTHORIZATION_FAILED' ? group : transactionalId) !== undefined)
          .find((type) => nowMs() - (lastMs.get(type) ?? Number.NEGATIVE_INFINITY) < RECENT_MS) ?? null
      );
    },
  };
}

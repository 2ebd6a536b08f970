import type { LogEntry } from 'kafkajs';

const RECENT_MS = 5_000;

/** What kafkajs writes to its log when a broker refuses to name a coordinator, and the code it stands for. */
const refusals = [
  { type: 'GROUP_AUTHORIZATION_FAILED', said: 'Group authorization failed' },
  { type: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', said: 'Transactional Id authorization failed' },
] as const;
type RefusalType = (typeof refusals)[number]['type'];

/** Why a client did not find the coordinator of a group or of a transactional id. */
export type CoordinatorRefusals = Readonly<{
  /** Looks at a line of kafkajs. */
  note: (entry: LogEntry) => void;
  /** The broker's code behind an error of kafkajs; null where the error is another one, or no refusal of the last 5 s is known. */
  behind: (error: unknown, sought: Readonly<{ group?: string; transactionalId?: string }>) => RefusalType | null;
}>;

/** kafkajs asks each broker for the coordinator and throws away what they answer: only its log tells that it was a refusal. */
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

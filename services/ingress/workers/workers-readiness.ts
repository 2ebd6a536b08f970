import type { Readiness } from '../../shared/http/admin-app.ts';

/** What the primary knows of a worker. */
export type WorkerState = Readonly<{ slot: number }> &
  (
    | Readonly<{ kind: 'starting' }>
    /** It ended, and another one is not there yet: connections go to the others. */
    | Readonly<{ kind: 'absent' }>
    /** It has connections and says nothing any more. */
    | Readonly<{ kind: 'still' }>
    | Readonly<{ kind: 'present'; readiness: Readiness }>
  );

/**
 * Whether a webhook that comes now is taken, by whichever worker gets it. One that is absent gets none, so it alone makes the whole not ready only where
 * there is no other; one that stands still may hold connections.
 */
export function readinessOf(states: readonly WorkerState[]): Readiness {
  if (states.length === 0) return { ready: false, reasons: ['The workers are not started yet'] };
  const oneIsReady = states.some((state) => state.kind === 'present' && state.readiness.ready);
  const reasons = states.flatMap((state) => (state.kind === 'absent' && oneIsReady ? [] : reasonsOf(state)));
  return reasons.length === 0 ? { ready: true } : { ready: false, reasons: [...new Set(reasons)] };
}

function reasonsOf(state: WorkerState): readonly string[] {
  switch (state.kind) {
    case 'starting':
      return [`worker ${state.slot} is starting`];
    case 'still':
      return [`worker ${state.slot} stands still`];
    case 'absent':
      return [`worker ${state.slot} ended and is started again`];
    case 'present':
      return state.readiness.ready ? [] : state.readiness.reasons;
  }
}

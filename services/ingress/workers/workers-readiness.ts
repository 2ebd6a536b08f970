import type { Readiness } from '../../shared/http/admin-app.ts';

/** What the primary knows about a worker. */
export type WorkerState = Readonly<{ slot: number }> &
  (
    | Readonly<{ kind: 'starting' }>
    /** It ended and has not been replaced yet: connections go to the others. */
    | Readonly<{ kind: 'absent' }>
    /** It may hold connections, but has stopped reporting. */
    | Readonly<{ kind: 'unresponsive' }>
    | Readonly<{ kind: 'present'; readiness: Readiness }>
  );

/**
 * Whether a webhook would be accepted now, whichever worker gets it. An absent worker gets none, so it matters only if no other one is ready; an unresponsive one
 * may hold connections.
 */
export function readinessOf(states: readonly WorkerState[]): Readiness {
  if (states.length === 0) return { ready: false, reasons: ['The workers have not started yet'] };
  const oneIsReady = states.some((state) => state.kind === 'present' && state.readiness.ready);
  const reasons = states.flatMap((state) => (state.kind === 'absent' && oneIsReady ? [] : reasonsOf(state)));
  return reasons.length === 0 ? { ready: true } : { ready: false, reasons: [...new Set(reasons)] };
}

function reasonsOf(state: WorkerState): readonly string[] {
  switch (state.kind) {
    case 'starting':
      return [`worker ${state.slot} is starting`];
    case 'unresponsive':
      return [`worker ${state.slot} is not responding`];
    case 'absent':
      return [`worker ${state.slot} ended and is being restarted`];
    case 'present':
      return state.readiness.ready ? [] : state.readiness.reasons;
  }
}

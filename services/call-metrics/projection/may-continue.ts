import type { CallMetricsState } from '../../shared/call-events/avro-types.generated.ts';
import { RefusedError, StoppedError } from '../../shared/projection/projection.ts';
import type { PartitionView } from './committed-view.ts';
import { REBUILD, REPARTITION } from './remedies.ts';
import { fingerprintDifferences, fingerprintOf, type ProjectionRules, partitionsOf } from './settings-fingerprint.ts';

/** Throws RefusedError if the totals of this state were computed under other rules. Null: nothing is committed. */
export function assertSameRules(state: CallMetricsState | null, rules: ProjectionRules): void {
  const configured = fingerprintOf(rules);
  const committed = state?.fingerprint ?? configured;
  if (committed === configured) return;
  const remedy =
    partitionsOf(committed) === rules.partitions
      ? `rebuild the totals with \`${REBUILD}\``
      : `copy the events to topics with another prefix with \`${REPARTITION}\``;
  throw new RefusedError(
    `The totals were computed under other settings: ${fingerprintDifferences(committed, configured)}. Restore these settings, or ${remedy}`,
  );
}

/** Throws StoppedError if the partition would continue to wrong totals: duplicates would count, or a total restart at 0. */
export function assertUndamaged(partition: number, { damage, stateIsLost }: PartitionView): void {
  const stopped = `Partition ${partition} is stopped, because its totals would be wrong`;
  const place = damage();
  if (place !== null) {
    throw new StoppedError(
      `${stopped}: ${place} is unreadable. Restore its schema in the registry and start again, or rebuild the totals with \`${REBUILD}\``,
    );
  }
  if (stateIsLost()) {
    throw new StoppedError(
      `${stopped}: there are totals, but no state that says what they count. Restore the state topic, or delete the topics of the totals, states and ` +
        'seen ids and start again: everything in the log is then counted from the beginning',
    );
  }
}

import type { GaugeSources } from '../../services/call-metrics/monitoring/projection-gauges.ts';
import type { Spools } from '../../services/ingress/spool/open-spools.ts';
import type { Publisher } from '../../services/shared/kafka/publisher/publisher.ts';

const publisherState: Pick<Publisher, 'state'> = { state: () => ({ records: 0, bytes: 0, up: true }) };

/** Metrics ask a publisher for its state alone. */
export const idlePublisher = publisherState as Publisher;

export const idleSpools: Pick<Spools, 'state'> = {
  state: () => ({ records: 0, bytes: 0, oldestAgeMs: null }),
};

/** A projection without partitions. */
export const idleSources: GaugeSources = {
  lags: () => [],
  waitingSeconds: () => new Map(),
  size: () => ({ tableRecords: 0, seenIds: 0 }),
  tasks: () => [],
  unread: () => new Map(),
  settingsRefused: () => false,
  now: () => 0,
  restore: { share: () => 1, left: () => new Map(), seconds: () => 0 },
  heldSeconds: () => new Map(),
};

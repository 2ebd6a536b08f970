import type { CallMetricsState } from '../../shared/call-events/avro-types.generated.ts';
import { createSeenIds, type SeenIds } from '../../shared/projection/seen-ids.ts';
import type { Codecs } from './codecs.ts';
import { damagedPlace, type Put, partitionKeyed, readOwn } from './own-records.ts';
import { createSeenLog, type SeenLog } from './seen-log.ts';

type Options = Readonly<{
  partition: number;
  reader: Codecs['seen']['reader'];
  /** How long ids are remembered, in milliseconds of log time. */
  dedupeMs: number;
  state: () => CallMetricsState | null;
}>;

/** The committed seen ids of one partition, by generation and kind of event. */
export type CommittedSeenIds = Readonly<{
  put: Put;
  of: (generation: number, input: string) => SeenIds;
  log: SeenLog;
  size: () => number;
  /** Forgets the ids of generations older than this one. */
  dropGenerationsBefore: (generation: number) => void;
  /** The place of a damaged record that may hold ids of the current generation; null if there is none. */
  damage: () => string | null;
}>;

export function createCommittedSeenIds({ partition, reader, dedupeMs, state }: Options): CommittedSeenIds {
  const byName = new Map<string, SeenIds>();
  const log = createSeenLog(dedupeMs);
  let newestGeneration = 0;
  let damaged: Readonly<{ generation: number; place: string }> | null = null;

  const of = (generation: number, input: string): SeenIds => {
    const name = `${generation}/${input}`;
    const known = byName.get(name);
    if (known !== undefined) return known;
    const created = createSeenIds();
    byName.set(name, created);
    return created;
  };

  return {
    put: (record) => {
      const read = readOwn(record, { reader, ...partitionKeyed(partition) });
      if (read.kind === 'foreign') return read.reason;
      if (read.kind === 'removed') return 'no-value';
      if (read.kind === 'damage') {
        damaged = { generation: newestGeneration, place: damagedPlace(record, read.reason) };
        return read.reason;
      }
      const { generation, inputs } = read.value;
      newestGeneration = Math.max(newestGeneration, generation);
      log.append(record.offset, generation, inputs);
      const current = state();
      if (generation < (current?.generation ?? 0)) return null;
      const progress = current?.generation === generation ? current.inputs : [];
      for (const { input, entries } of inputs) {
        const logTimeMs = progress.find((one) => one.input === input)?.logTime?.long ?? -Infinity;
        of(generation, input).addPacked(entries, logTimeMs - dedupeMs);
      }
      return null;
    },
    of,
    log,
    size: () => [...byName.values()].reduce((sum, ids) => sum + ids.size(), 0),
    dropGenerationsBefore: (generation) => {
      for (const name of byName.keys()) if (Number.parseInt(name, 10) < generation) byName.delete(name);
    },
    damage: () => (damaged !== null && damaged.generation >= (state()?.generation ?? 0) ? damaged.place : null),
  };
}

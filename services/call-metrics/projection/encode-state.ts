import type { CallMetricsState } from '../../shared/call-events/avro-types.generated.ts';
import type { LastRecords } from '../../shared/projection/last-records.ts';
import type { Positions } from '../../shared/projection/records.ts';
import type { Clocks } from './input-clocks.ts';
import type { InputReader } from './input-reader.ts';
import { lastRecordOf } from './last-record.ts';

type Options = Readonly<{
  generation: number;
  fingerprint: string;
  inputs: ReadonlyMap<string, Pick<InputReader, 'input'>>;
  lastRecords: Pick<LastRecords, 'markOf'>;
  encode: (state: CallMetricsState) => Buffer;
}>;

/** Encodes the state of a task: how far it has read its inputs, and under which settings. */
export const stateEncoder =
  ({ generation, fingerprint, inputs, lastRecords, encode }: Options) =>
  (positions: Positions, clocks: Clocks): Buffer =>
    encode({
      generation,
      fingerprint,
      inputs: [...inputs].map(([topic, { input }]) => ({
        input,
        nextOffset: positions[topic] ?? 0,
        logTime: optionalLong(clocks.get(input)?.timeMs),
        aheadSince: optionalLong(clocks.get(input)?.aheadSinceMs),
        lastRecord: lastRecordOf(lastRecords.markOf(topic)),
      })),
    });

const optionalLong = (value: number | null | undefined): null | { readonly long: number } =>
  value === null || value === undefined ? null : { long: value };

import { createReader, type Reader } from '../../shared/avro/reader.ts';
import type { Registry } from '../../shared/avro/registry.ts';
import { createWriter, type Writer } from '../../shared/avro/writer.ts';
import type {
  CallLog,
  CallMetricsSeen,
  CallMetricsState,
  UserCallMetrics,
  Voicemail,
} from '../../shared/call-events/avro-types.generated.ts';

/** The Avro readers and writers of everything the projection reads and writes. */
export type Codecs = Readonly<{
  callLogs: Reader<CallLog>;
  voicemails: Reader<Voicemail>;
  table: Readonly<{ reader: Reader<UserCallMetrics>; writer: Writer<UserCallMetrics> }>;
  state: Readonly<{ reader: Reader<CallMetricsState>; writer: Writer<CallMetricsState> }>;
  seen: Readonly<{ reader: Reader<CallMetricsSeen>; writer: Writer<CallMetricsSeen> }>;
}>;

/** Registers the schemas the projection writes. Throws RegistryError if the registry is unavailable or refuses one. */
export async function createCodecs(registry: Registry, topicPrefix: string): Promise<Codecs> {
  return {
    callLogs: createReader(registry, 'callLogs'),
    voicemails: createReader(registry, 'voicemails'),
    table: {
      reader: createReader(registry, 'userCallMetrics'),
      writer: await createWriter(registry, topicPrefix, 'userCallMetrics'),
    },
    state: {
      reader: createReader(registry, 'callMetricsState'),
      writer: await createWriter(registry, topicPrefix, 'callMetricsState'),
    },
    seen: {
      reader: createReader(registry, 'callMetricsSeen'),
      writer: await createWriter(registry, topicPrefix, 'callMetricsSeen'),
    },
  };
}

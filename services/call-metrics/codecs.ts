import { createReader, type Reader } from '../shared/avro/reader.ts';
import type { Registry } from '../shared/avro/registry.ts';
import { createWriter, type Writer } from '../shared/avro/writer.ts';
import type {
  CallLog,
  CallMetricsSeen,
  CallMetricsState,
  UserCallMetrics,
  Voicemail,
} from '../shared/call-events/avro-types.generated.ts';
import { topicName } from '../shared/call-events/topics.ts';

/** The bytes of everything the projection reads and writes. */
export type Codecs = Readonly<{
  callLogs: Reader<CallLog>;
  voicemails: Reader<Voicemail>;
  table: Readonly<{ reader: Reader<UserCallMetrics>; writer: Writer<UserCallMetrics> }>;
  state: Readonly<{ reader: Reader<CallMetricsState>; writer: Writer<CallMetricsState> }>;
  seen: Readonly<{ reader: Reader<CallMetricsSeen>; writer: Writer<CallMetricsSeen> }>;
}>;

/** Registers the schemas the projection writes. Throws RegistryError when the registry is away or refuses one. */
export async function createCodecs(registry: Registry, topicPrefix: string): Promise<Codecs> {
  const name = (topic: Parameters<typeof topicName>[1]): string => topicName(topicPrefix, topic);
  return {
    callLogs: createReader<CallLog>(registry, 'call-log'),
    voicemails: createReader<Voicemail>(registry, 'voicemail'),
    table: {
      reader: createReader<UserCallMetrics>(registry, 'user-call-metrics'),
      writer: await createWriter<UserCallMetrics>(registry, name('userCallMetrics'), 'user-call-metrics'),
    },
    state: {
      reader: createReader<CallMetricsState>(registry, 'call-metrics-state'),
      writer: await createWriter<CallMetricsState>(registry, name('callMetricsState'), 'call-metrics-state'),
    },
    seen: {
      reader: createReader<CallMetricsSeen>(registry, 'call-metrics-seen'),
      writer: await createWriter<CallMetricsSeen>(registry, name('callMetricsSeen'), 'call-metrics-seen'),
    },
  };
}

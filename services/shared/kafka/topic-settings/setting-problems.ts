import { type TopicId, topicDefinitions } from '../../call-events/topics.ts';

/** A topic as it is: every setting by its name, with the broker's default where it has none of its own. */
export type FoundTopic = Readonly<{
  topic: TopicId;
  name: string;
  settings: ReadonlyMap<string, string>;
  replicas: number;
}>;

export type SettingProblem = Readonly<{
  topic: string;
  setting: string;
  found: string;
  wanted: string;
  because: string;
  /** A promise of the system breaks: nothing may use the topic so. Else it is only told. */
  refused: boolean;
}>;

/** `isRefused` is asked only where the value is not right. */
type Rule = Readonly<{
  setting: string;
  wanted: string;
  isRight: (value: string) => boolean;
  isRefused: (value: string) => boolean;
  because: string;
}>;

const DAY_MS = 86_400_000;
/** A transaction's batches have half of it at the most, and Kafka's default is more. */
const OWN_BATCH_BYTES = 1024 * 1024;

const always = (): boolean => true;
const never = (): boolean => false;
const exactly = (setting: string, wanted: string, isRefused: Rule['isRefused'], because: string): Rule => ({
  setting,
  wanted,
  isRight: (value) => value === wanted,
  isRefused,
  because,
});
const atLeast = (setting: string, wanted: number, isRefused: Rule['isRefused'], because: string): Rule => ({
  setting,
  wanted: String(wanted),
  isRight: (value) => Number(value) >= wanted,
  isRefused,
  because,
});
const unlimited = (setting: string, isRefused: Rule['isRefused'], because: string): Rule => ({
  setting,
  wanted: '-1',
  isRight: (value) => Number(value) < 0,
  isRefused,
  because,
});

const everyTopic: readonly Rule[] = [
  exactly('message.timestamp.type', 'LogAppendTime', never, 'log time is then what each producer says it is'),
  exactly('compression.type', 'producer', never, 'the broker packs every batch anew'),
  exactly('unclean.leader.election.enable', 'false', never, 'a leader that was not in sync loses acknowledged records'),
];
const keptTopic = (recordBytes: number): readonly Rule[] => [
  exactly('cleanup.policy', 'delete', always, 'compaction removes all but the newest record of each key'),
  unlimited(
    'retention.ms',
    (value) => Number(value) < DAY_MS,
    'a rebuild counts only what is still there, and what nobody read in that time is lost',
  ),
  unlimited('retention.bytes', always, 'a burst deletes what nobody has read yet'),
  atLeast('max.message.bytes', recordBytes, never, 'larger webhooks are refused'),
];
const ownBatches = atLeast('max.message.bytes', OWN_BATCH_BYTES, always, 'a transaction would never commit');
const rulesOf: Readonly<Record<'keep' | 'compact' | 'truncated', (recordBytes: number) => readonly Rule[]>> = {
  keep: keptTopic,
  compact: () => [
    exactly('cleanup.policy', 'compact', always, 'deleting what is old takes totals and positions away'),
    ownBatches,
  ],
  truncated: () => [
    exactly('cleanup.policy', 'delete', always, 'compaction forgets ids, and their events count again'),
    unlimited('retention.ms', always, 'the broker forgets ids, and their events count again'),
    unlimited('retention.bytes', always, 'the broker forgets ids, and their events count again'),
    ownBatches,
  ],
};

/** What is wrong with a topic. A setting that was not told is left out. `recordBytes` is the largest record that may come. */
export function settingProblems(
  { topic, name, settings, replicas }: FoundTopic,
  { recordBytes, replicationFactor }: Readonly<{ recordBytes: number; replicationFactor: number }>,
): readonly SettingProblem[] {
  const inSync = Math.min(2, replicas);
  const durable = (value: string): boolean => Number(value) >= inSync && Number(value) <= replicas;
  const rules: readonly Rule[] = [
    ...rulesOf[topicDefinitions[topic].cleanup](recordBytes),
    ...everyTopic,
    {
      setting: 'min.insync.replicas',
      wanted: String(inSync),
      isRight: durable,
      isRefused: (value) => Number(value) > replicas,
      because: `of ${replicas} replicas: with fewer an acknowledged record is on one disk, with more none is acknowledged`,
    },
  ];
  const problems = rules.flatMap(({ setting, wanted, isRight, isRefused, because }) => {
    const found = settings.get(setting);
    if (found === undefined || isRight(found)) return [];
    return [{ topic: name, setting, found, wanted, because, refused: isRefused(found) }];
  });
  if (replicas >= replicationFactor) return problems;
  const setting = REPLICAS;
  const because = 'KAFKA_REPLICATION_FACTOR wants more: raise it with kafka-reassign-partitions.sh';
  const found = String(replicas);
  return [...problems, { topic: name, setting, found, wanted: String(replicationFactor), because, refused: false }];
}

/** Not a setting of Kafka's, but told like one. */
const REPLICAS = 'replicas';

/** `retention.ms is 3600000, not -1 (why)`. */
export const problemInWords = ({ setting, found, wanted, because }: SettingProblem): string =>
  `${setting} is ${found}, not ${wanted} (${because})`;

/** The command that mends all of these settings of one topic; null where none can be mended so. */
export function mendingCommand(problems: readonly SettingProblem[], brokers: readonly string[]): string | null {
  const mended = problems.filter(({ setting }) => setting !== REPLICAS);
  const [first] = mended;
  if (first === undefined) return null;
  const config = mended.map(({ setting, wanted }) => `${setting}=${wanted}`).join(',');
  return `kafka-configs.sh --bootstrap-server ${brokers.join(',')} --alter --entity-type topics --entity-name ${first.topic} --add-config ${config}`;
}

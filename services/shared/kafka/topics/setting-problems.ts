import { type Cleanup, TIMESTAMP_TYPE, type TopicId, topicDefinitions } from '../../call-events/topics.ts';

/** A topic as it exists: every setting by name, including those inherited from the broker. */
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
  /** True if it breaks a promise, so that nothing may use the topic; false for a warning. */
  refused: boolean;
}>;

/** `isRefused` is called only for a value that is not right. */
type Rule = Readonly<{
  setting: string;
  wanted: string;
  isRight: (value: string) => boolean;
  isRefused: (value: string) => boolean;
  because: string;
}>;

const DAY_MS = 86_400_000;
/** Twice the largest batch of a transaction; Kafka's default is more. */
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
  exactly('message.timestamp.type', TIMESTAMP_TYPE, never, 'log time is then whatever each producer says'),
  exactly('compression.type', 'producer', never, 'the broker recompresses every batch'),
  exactly('unclean.leader.election.enable', 'false', never, 'an out-of-sync leader loses acknowledged records'),
];
const keptTopic = (recordBytes: number): readonly Rule[] => [
  exactly('cleanup.policy', 'delete', always, 'compaction removes all but the newest record of each key'),
  unlimited(
    'retention.ms',
    (value) => Number(value) < DAY_MS,
    'a rebuild counts only what is still in the log, and what is not read in that time is lost',
  ),
  unlimited('retention.bytes', always, 'a burst deletes records before they are read'),
  atLeast('max.message.bytes', recordBytes, never, 'larger webhooks are refused'),
];
const ownBatches = atLeast('max.message.bytes', OWN_BATCH_BYTES, always, 'a transaction would never commit');
const rulesOf: Readonly<Record<Cleanup, (recordBytes: number) => readonly Rule[]>> = {
  keep: keptTopic,
  compact: () => [
    exactly('cleanup.policy', 'compact', always, 'deleting old records removes totals and positions'),
    ownBatches,
  ],
  truncated: () => [
    exactly('cleanup.policy', 'delete', always, 'compaction forgets ids, and their events count again'),
    unlimited('retention.ms', always, 'the broker forgets ids, and their events count again'),
    unlimited('retention.bytes', always, 'the broker forgets ids, and their events count again'),
    ownBatches,
  ],
};

/** What is wrong with a topic. Settings that were not reported are not judged. `recordBytes` is the largest record to expect. */
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
      because: `there are ${replicas} replicas: with fewer an acknowledged record is on one disk, with more none is acknowledged`,
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

/** Not a setting of Kafka's, but reported like one. */
const REPLICAS = 'replicas';

/** `retention.ms is 3600000, not -1 (why)`. */
export const describeProblem = ({ setting, found, wanted, because }: SettingProblem): string =>
  `${setting} is ${found}, not ${wanted} (${because})`;

/** The command that fixes all of these settings of one topic; null if it cannot fix any. */
export function repairCommand(problems: readonly SettingProblem[], brokers: readonly string[]): string | null {
  const fixable = problems.filter(({ setting }) => setting !== REPLICAS);
  const [first] = fixable;
  if (first === undefined) return null;
  const config = fixable.map(({ setting, wanted }) => `${setting}=${wanted}`).join(',');
  return `kafka-configs.sh --bootstrap-server ${brokers.join(',')} --alter --entity-type topics --entity-name ${first.topic} --add-config ${config}`;
}

import { describe, expect, test } from '@jest/globals';
import type { TopicId } from '../../../services/shared/call-events/topics.ts';
import {
  mendingCommand,
  problemInWords,
  settingProblems,
} from '../../../services/shared/kafka/topic-settings/setting-problems.ts';

const right = {
  'message.timestamp.type': 'LogAppendTime',
  'compression.type': 'producer',
  'unclean.leader.election.enable': 'false',
  'min.insync.replicas': '2',
  'max.message.bytes': '4194304',
  'retention.ms': '-1',
  'retention.bytes': '-1',
} as const;
const policy: Readonly<Record<string, string>> = { userCallMetrics: 'compact', callMetricsState: 'compact' };

const problemsOf = (topic: TopicId, altered: Readonly<Record<string, string>>, replicas = 3) => {
  const settings = { ...right, 'cleanup.policy': policy[topic] ?? 'delete', ...altered };
  const found = { topic, name: `vxt.${topic}`, settings: new Map(Object.entries(settings)), replicas };
  return settingProblems(found, { recordBytes: 4_194_304, replicationFactor: 3 });
};

test.each<TopicId>([
  'callLogs',
  'unrecognisedWebhooks',
  'deadLetters',
  'userCallMetrics',
  'callMetricsState',
  'callMetricsSeen',
])('When %s is as the services create it, then nothing is wrong', (topic) => {
  expect(problemsOf(topic, {})).toEqual([]);
  expect(problemsOf(topic, { 'min.insync.replicas': '3' })).toEqual([]);
});

describe('A start is refused where a promise would break:', () => {
  test.each<[TopicId, Record<string, string>]>([
    ['callLogs', { 'cleanup.policy': 'compact' }],
    ['voicemails', { 'cleanup.policy': 'compact,delete' }],
    ['unrecognisedWebhooks', { 'cleanup.policy': 'compact' }],
    ['callLogs', { 'retention.ms': '86399999' }],
    ['callLogs', { 'retention.bytes': '1000000' }],
    ['userCallMetrics', { 'cleanup.policy': 'delete' }],
    ['callMetricsState', { 'cleanup.policy': 'compact,delete' }],
    ['callMetricsState', { 'max.message.bytes': '100000' }],
    ['callMetricsSeen', { 'cleanup.policy': 'compact' }],
    ['callMetricsSeen', { 'retention.ms': '604800000' }],
    ['callMetricsSeen', { 'retention.bytes': '1000000' }],
    ['callLogs', { 'min.insync.replicas': '4' }],
  ])('%s with %j', (topic, altered) => {
    const [setting = ''] = Object.keys(altered);
    expect(problemsOf(topic, altered)).toMatchObject([{ setting, found: altered[setting], refused: true }]);
  });
});

describe('It is only told where none does:', () => {
  test.each<[TopicId, Record<string, string>]>([
    ['callLogs', { 'retention.ms': '86400000' }],
    ['callLogs', { 'message.timestamp.type': 'CreateTime' }],
    ['callLogs', { 'compression.type': 'lz4' }],
    ['callLogs', { 'max.message.bytes': '1048588' }],
    ['callLogs', { 'min.insync.replicas': '1' }],
    ['userCallMetrics', { 'unclean.leader.election.enable': 'true' }],
  ])('%s with %j', (topic, altered) => {
    const [setting = ''] = Object.keys(altered);
    expect(problemsOf(topic, altered)).toMatchObject([{ setting, found: altered[setting], refused: false }]);
  });

  test('fewer replicas than KAFKA_REPLICATION_FACTOR, which no setting mends', () => {
    const problems = problemsOf('callLogs', { 'min.insync.replicas': '1' }, 1);
    expect(problems).toMatchObject([{ setting: 'replicas', found: '1', wanted: '3', refused: false }]);
    expect(mendingCommand(problems, ['a:1'])).toBeNull();
  });

  test('a setting that Kafka does not tell is not judged', () => {
    const found = { topic: 'callLogs', name: 'n', settings: new Map(), replicas: 3 } as const;
    expect(settingProblems(found, { recordBytes: 1, replicationFactor: 3 })).toEqual([]);
  });
});

test('When settings are wrong, then one command mends all of a topic, and each is told with what it is and why', () => {
  const problems = problemsOf('callLogs', { 'cleanup.policy': 'compact', 'retention.ms': '3600000' });
  expect(mendingCommand(problems, ['a:9092', 'b:9092'])).toBe(
    'kafka-configs.sh --bootstrap-server a:9092,b:9092 --alter --entity-type topics --entity-name vxt.callLogs --add-config cleanup.policy=delete,retention.ms=-1',
  );
  expect(problems.map(problemInWords)).toEqual([
    'cleanup.policy is compact, not delete (compaction removes all but the newest record of each key)',
    expect.stringMatching(/^retention\.ms is 3600000, not -1 \(.*\)$/),
  ]);
});

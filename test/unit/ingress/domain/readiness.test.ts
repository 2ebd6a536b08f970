import { expect, test } from '@jest/globals';
import { type IngressState, reasonsNotReady } from '../../../../services/ingress/domain/readiness.ts';

const healthy: IngressState = {
  schemaIdsKnown: true,
  publishingStopped: null,
  lanesUp: true,
  brokerAnsweredAgoMs: 100,
  queuedRecords: 3,
  queueLimit: 10,
  spoolProblem: 'none',
  spoolHolds: false,
};

test('When a broker answers, lanes are up and the queue has room, then the ingress is ready', () => {
  expect(reasonsNotReady(healthy)).toEqual([]);
});

test.each<[string, Partial<IngressState>, string]>([
  ['a lane has no producer', { lanesUp: false }, 'There is no connection to Kafka'],
  ['no broker has answered yet', { brokerAnsweredAgoMs: null }, 'No broker has answered recently'],
  ['no broker answered for 16 s', { brokerAnsweredAgoMs: 16_000 }, 'No broker has answered recently'],
  ['the registry assigns other ids', { publishingStopped: 'other ids' }, 'other ids'],
  ['no schema id is known', { schemaIdsKnown: false }, 'The schema registry has not supplied the schema ids yet'],
  [
    'the registry assigns other ids, and none is known',
    { schemaIdsKnown: false, publishingStopped: 'other ids', spoolProblem: null },
    'other ids',
  ],
  ['the queue is full', { queuedRecords: 10 }, 'The queue to Kafka is full'],
])('When %s, then it is not ready, and says why', (_when, change, reason) => {
  expect(reasonsNotReady({ ...healthy, ...change })).toEqual([reason]);
});

test('When Kafka is unavailable, then the ingress is ready if the disk accepts webhooks; otherwise it is not, and gives both reasons', () => {
  const unavailable = { ...healthy, lanesUp: false, brokerAnsweredAgoMs: 60_000 };
  expect(reasonsNotReady({ ...unavailable, spoolProblem: null })).toEqual([]);
  expect(reasonsNotReady({ ...unavailable, spoolProblem: 'The disk is full' })).toEqual([
    'There is no connection to Kafka',
    'No broker has answered recently',
    'The disk is full',
  ]);
});

test('When the disk accepts nothing but Kafka does, then the ingress is ready', () => {
  expect(reasonsNotReady({ ...healthy, spoolProblem: 'The disk is full' })).toEqual([]);
});

test('When the disk accepts nothing while events wait on it, then the ingress is not ready even if Kafka accepts events: newer ones must queue behind those', () => {
  expect(reasonsNotReady({ ...healthy, spoolProblem: 'The disk is full', spoolHolds: true })).toEqual([
    'The disk is full',
  ]);
});

test('When no schema id is known, then the ingress is not ready even if the disk accepts webhooks', () => {
  expect(reasonsNotReady({ ...healthy, schemaIdsKnown: false, spoolProblem: null })).toHaveLength(1);
});

import { expect, test } from '@jest/globals';
import { type IngressState, reasonsNotReady } from '../../../services/ingress/domain/readiness.ts';

const well: IngressState = {
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
  expect(reasonsNotReady(well)).toEqual([]);
});

test.each<[string, Partial<IngressState>, string]>([
  ['a lane has no producer', { lanesUp: false }, 'Kafka takes no connection'],
  ['no broker has answered yet', { brokerAnsweredAgoMs: null }, 'No broker answered lately'],
  ['no broker answered for 16 s', { brokerAnsweredAgoMs: 16_000 }, 'No broker answered lately'],
  ['the registry deals other ids', { publishingStopped: 'other ids' }, 'other ids'],
  ['no schema id is known', { schemaIdsKnown: false }, 'The schema registry has not told the ids of the schemas yet'],
  [
    'the registry deals other ids, and none is known',
    { schemaIdsKnown: false, publishingStopped: 'other ids', spoolProblem: null },
    'other ids',
  ],
  ['the queue is full', { queuedRecords: 10 }, 'The queue to Kafka is full'],
])('When %s, then it is not, and says so', (_when, change, reason) => {
  expect(reasonsNotReady({ ...well, ...change })).toEqual([reason]);
});

test('When Kafka is unavailable and the disk takes webhooks, then the ingress is ready; when the disk does not, then not, and it says both', () => {
  const away = { ...well, lanesUp: false, brokerAnsweredAgoMs: 60_000 };
  expect(reasonsNotReady({ ...away, spoolProblem: null })).toEqual([]);
  expect(reasonsNotReady({ ...away, spoolProblem: 'The disk is full' })).toEqual([
    'Kafka takes no connection',
    'No broker answered lately',
    'The disk is full',
  ]);
});

test('When the disk takes nothing but Kafka does, then the ingress is ready', () => {
  expect(reasonsNotReady({ ...well, spoolProblem: 'The disk is full' })).toEqual([]);
});

test('When the disk takes nothing, Kafka does, but events wait on the disk, then the ingress is not ready: newer ones of their keys must go there too', () => {
  expect(reasonsNotReady({ ...well, spoolProblem: 'The disk is full', spoolHolds: true })).toEqual([
    'The disk is full',
  ]);
});

test('When no schema id is known, then a disk that takes webhooks does not make the ingress ready', () => {
  expect(reasonsNotReady({ ...well, schemaIdsKnown: false, spoolProblem: null })).toHaveLength(1);
});

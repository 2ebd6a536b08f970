import { expect, test } from '@jest/globals';
import { type IngressState, reasonsNotReady } from '../../../services/ingress/domain/readiness.ts';

const well: IngressState = {
  lanesUp: true,
  brokerAnsweredAgoMs: 100,
  queuedRecords: 3,
  queueLimit: 10,
  spoolHasRoom: null,
};

test('When a broker answers, lanes are up and the queue has room, then the ingress is ready', () => {
  expect(reasonsNotReady(well)).toEqual([]);
});

test.each<[string, Partial<IngressState>, string]>([
  ['a lane has no producer', { lanesUp: false }, 'Kafka takes no connection'],
  ['no broker has answered yet', { brokerAnsweredAgoMs: null }, 'No broker answered lately'],
  ['no broker answered for 16 s', { brokerAnsweredAgoMs: 16_000 }, 'No broker answered lately'],
  ['the queue is full', { queuedRecords: 10 }, 'The queue to Kafka is full'],
])('When %s, then it is not, and says so', (_when, change, reason) => {
  expect(reasonsNotReady({ ...well, ...change })).toEqual([reason]);
});

test('When Kafka is away and the spool has room, then the ingress is ready; when the spool is full, then not', () => {
  const away = { ...well, lanesUp: false, brokerAnsweredAgoMs: 60_000 };
  expect(reasonsNotReady({ ...away, spoolHasRoom: true })).toEqual([]);
  expect(reasonsNotReady({ ...away, spoolHasRoom: false })).toContain('The spool is full');
});

import { expect, test } from '@jest/globals';
import { watchRestore } from '../../../services/call-metrics/restore-progress.ts';
import type { LogFields, Logger } from '../../../services/shared/observability/logger.ts';

test('The restore tells records, share and the partitions that are left', () => {
  const lines: (readonly [string, LogFields | undefined])[] = [];
  const note = (event: string, fields?: LogFields) => void lines.push([event, fields]);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, fatal: note };
  const positions = new Map<string, number>();
  const ends = new Map([
    ['table', new Map([0, 1].map((partition) => [partition, { low: 10, high: 60 }]))],
    ['seen', new Map([0, 1].map((partition) => [partition, { low: 0, high: 50 }]))],
  ]);
  const restore = watchRestore(
    { position: (topic, partition) => positions.get(`${topic}/${partition}`) ?? null },
    ends,
    logger,
  );
  expect([restore.share(), [...restore.left()]]).toEqual([
    0,
    [
      [0, 100],
      [1, 100],
    ],
  ]);

  positions.set('table/0', 60).set('seen/0', 55).set('table/1', 35);
  expect([restore.share(), restore.left().get(0), restore.left().get(1)]).toEqual([0.625, 0, 75]);
  restore.done();
  const [event, fields] = lines.at(-1) ?? [];
  expect(event).toBe('restore-done');
  expect(fields).toMatchObject({ records: 125, count: 200, share: 0.625, partitionsLeft: [1] });
});

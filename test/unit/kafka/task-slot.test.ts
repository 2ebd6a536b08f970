import { describe, expect, jest, test } from '@jest/globals';
import { PositionOutsideLogError } from '../../../services/shared/kafka/projection/assert-in-log.ts';
import { openSlot } from '../../../services/shared/kafka/projection/task-slot.ts';
import {
  type TransactionalWriter,
  TransactionLostError,
} from '../../../services/shared/kafka/projection/transactional-writer.ts';
import { createLogger } from '../../../services/shared/observability/logger.ts';
import type { Fold } from '../../../services/shared/projection/projection.ts';
import type { SourceBatch } from '../../../services/shared/projection/task.ts';
import { eventually } from '../../support/eventually.ts';

const batch: SourceBatch = {
  topic: 'in',
  fromOffset: 0,
  nextOffset: 1,
  records: [{ topic: 'in', partition: 0, offset: 0, timestampMs: 0, key: null, value: null, headers: {} }],
};
const fold: Fold = {
  apply: () => undefined,
  saw: () => false,
  takeTransaction: () => ({ records: [], committed: () => undefined }),
};

/** A slot that fetches one record whenever it runs; commits and fences do what the test says. */
function slotWith({
  commit,
  fence,
  apply = () => undefined,
}: {
  commit?: () => Promise<void>;
  fence?: () => Promise<void>;
  apply?: Fold['apply'];
}) {
  let nowMs = 0;
  let confirm = (): void => undefined;
  let fences = 0;
  const writer: TransactionalWriter = { commit: commit ?? (async () => undefined), discard: async () => undefined };
  const committed = jest.fn();
  const lost = jest.fn();
  const paused = jest.fn();
  const slot = openSlot({
    partition: 0,
    fence: async () => {
      fences += 1;
      await fence?.();
      return writer;
    },
    restore: async () => ({ positions: { in: 0 }, fold: { ...fold, apply } }),
    confirmedMember: () =>
      new Promise((resolve) => {
        confirm = resolve;
      }),
    fetchFrom: () => slot.task()?.take(batch),
    pause: paused,
    refused: () => undefined,
    limits: { intervalMs: 1, records: 10 },
    observer: { committed, restored: () => undefined, lost },
    logger: createLogger('test', 'silent'),
    now: () => {
      nowMs += 1;
      return nowMs;
    },
  });
  return { slot, committed, lost, paused, fences: () => fences, confirm: () => confirm() };
}

describe('A partition of this member', () => {
  test('when a commit fails and nobody knows why, then it is fenced and restored, and goes on', async () => {
    let failures = 1;
    const { slot, fences, committed } = slotWith({
      commit: async () => {
        failures -= 1;
        if (failures >= 0) throw new TransactionLostError(new Error('no answer'));
      },
    });
    await eventually(() => committed.mock.calls.length === 1);
    expect([fences(), slot.status().phase]).toEqual([2, 'running']);
    await slot.close();
  });

  test('when every commit fails, then it pauses before it tries again, and says why', async () => {
    const { slot, fences } = slotWith({
      commit: () => Promise.reject(new TransactionLostError(new Error('too large'))),
    });
    await eventually(() => slot.status().problem !== null);
    expect(slot.status()).toMatchObject({ phase: 'fencing', problem: 'Transaction lost: too large' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(fences()).toBe(1);
    await slot.close();
  });

  test('when it cannot be fenced again and again, then it tells since when it does not run', async () => {
    const { slot, fences } = slotWith({ fence: () => Promise.reject(new Error('no coordinator')) });
    const { sinceMs } = slot.status();
    await eventually(() => fences() === 2);
    expect(slot.status()).toMatchObject({ phase: 'fencing', problem: 'no coordinator', sinceMs });
    await slot.close();
  });

  test('when it was fenced itself, then it fences nobody until the group has confirmed this member', async () => {
    let first = true;
    const fencedOut = Object.assign(new Error('fenced'), { type: 'PRODUCER_FENCED' });
    const { slot, fences, committed, confirm } = slotWith({
      commit: async () => {
        if (first) {
          first = false;
          throw new TransactionLostError(fencedOut);
        }
      },
    });
    await eventually(() => slot.status().phase === 'awaiting-membership');
    expect(fences()).toBe(1);
    confirm();
    await eventually(() => committed.mock.calls.length === 1);
    expect(fences()).toBe(2);
    await slot.close();
  });

  test('when the fold throws, then its memory is thrown away and restored, and the reason stays until it commits again', async () => {
    let bugs = 1;
    const { slot, committed, lost, fences } = slotWith({
      apply: () => {
        bugs -= 1;
        if (bugs >= 0) throw new Error('a bug');
      },
    });
    await eventually(() => fences() === 2 && slot.status().phase === 'running');
    expect(lost.mock.calls).toEqual([[0, 'error']]);
    await eventually(() => committed.mock.calls.length === 1);
    expect(slot.status()).toMatchObject({ phase: 'running', problem: null });
    await slot.close();
  });

  test('when the next records of an input have to wait, then it says so, and for what, until they can go on', async () => {
    const { slot } = slotWith({});
    await eventually(() => slot.status().phase === 'running');
    slot.hold('in', 'no registry');
    expect([slot.status().phase, slot.status().problem, slot.isHeld('in')]).toEqual(['waiting', 'no registry', true]);
    slot.hold('in', null);
    expect([slot.status().phase, slot.isHeld('in')]).toEqual(['running', false]);
    await slot.close();
  });

  test('when its position is found outside the log while it runs, then it pauses at once, stops and says which records', async () => {
    const { slot, paused, fences } = slotWith({});
    await eventually(() => slot.status().phase === 'running');
    const outside = { topic: 'in', partition: 0, reason: 'removed', records: '3' } as const;
    slot.restart(new PositionOutsideLogError(outside, 'has no record 3', 'Do this.'));
    expect(paused).toHaveBeenCalled();
    await eventually(() => slot.status().phase === 'stopped');
    expect(slot.status()).toMatchObject({
      problem: 'Partition 0 of in has no record 3. Nothing was skipped. Do this.',
      outside,
    });
    expect(fences()).toBe(1);
    await slot.close();
  });
});

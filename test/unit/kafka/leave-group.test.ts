import { expect, jest, test } from '@jest/globals';
import { leaveGroup } from '../../../services/shared/kafka/projection/leave-group.ts';

test('When the group waits for dead members and does not let go, then a stop does not wait with it', async () => {
  const warn = jest.fn();
  await leaveGroup({ disconnect: () => new Promise(() => undefined) }, 'g', { warn }, 1);
  expect(warn.mock.calls).toEqual([['group-not-left', { group: 'g' }]]);
});

test('When leaving fails, then that is told and the stop goes on', async () => {
  const warn = jest.fn();
  await leaveGroup({ disconnect: () => Promise.reject(new Error('no broker')) }, 'g', { warn });
  expect(warn.mock.calls).toEqual([['consumer-stop-failed', expect.objectContaining({ problem: 'no broker' })]]);
});

test('When it can leave, then nothing is said', async () => {
  const warn = jest.fn();
  await leaveGroup({ disconnect: async () => undefined }, 'g', { warn });
  expect(warn).not.toHaveBeenCalled();
});

import { expect, jest, test } from '@jest/globals';
import { leaveGroup } from '../../../../services/shared/kafka/projection/leave-group.ts';

test('When the group is waiting for dead members, then a stop does not wait with it', async () => {
  const warn = jest.fn();
  await leaveGroup({ disconnect: () => new Promise(() => undefined) }, 'g', { warn }, 1);
  expect(warn.mock.calls).toEqual([['group-not-left', { group: 'g' }]]);
});

test('When leaving fails, then that is logged and the stop continues', async () => {
  const warn = jest.fn();
  await leaveGroup({ disconnect: () => Promise.reject(new Error('no broker')) }, 'g', { warn });
  expect(warn.mock.calls).toEqual([['consumer-stop-failed', expect.objectContaining({ problem: 'no broker' })]]);
});

test('When leaving succeeds, then nothing is logged', async () => {
  const warn = jest.fn();
  await leaveGroup({ disconnect: async () => undefined }, 'g', { warn });
  expect(warn).not.toHaveBeenCalled();
});

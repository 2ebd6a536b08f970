import { expect, test } from '@jest/globals';
import { textHeaders } from '../../../services/shared/kafka/text-headers.ts';

test('Headers are text; one that is null is not there, and of one that comes again the last counts', () => {
  const absent = null as unknown as Buffer;
  expect(
    textHeaders({
      plain: Buffer.from('é'),
      text: 'as it is',
      empty: Buffer.alloc(0),
      absent,
      twice: [Buffer.from('first'), Buffer.from('last')],
      withdrawn: [Buffer.from('first'), absent],
      missing: undefined,
    }),
  ).toEqual({ plain: 'é', text: 'as it is', empty: '', twice: 'last' });
  expect(textHeaders()).toEqual({});
});

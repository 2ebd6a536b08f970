import { expect, test } from '@jest/globals';
import { textHeaders } from '../../../../services/shared/kafka/table-reader/text-headers.ts';

test('Headers are text; null values are left out, and for a repeated name the last value counts', () => {
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

import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recordBytes } from '../../../services/shared/projection/record-bytes.ts';

/** kafkajs's own encoder of records. */
const encode: (record: unknown) => { buffer: Buffer } = createRequire(import.meta.url)(
  'kafkajs/src/protocol/recordBatch/record/v0',
);

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes, { nil: null });
const headers = fc.dictionary(fc.string(), fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })), { maxKeys: 5 });

test('A record never takes more bytes in a batch than is reckoned, and not many fewer', () => {
  fc.assert(
    fc.property(
      nullable,
      nullable,
      headers,
      fc.nat(),
      fc.nat({ max: 2 ** 31 - 1 }),
      (key, value, given, offsetDelta, timestampDelta) => {
        const { length } = encode({ key, value, headers: given, offsetDelta, timestampDelta }).buffer;
        const reckoned = recordBytes({ key, value, headers: given });
        const values = Object.values(given).flat().length;
        expect(reckoned).toBeGreaterThanOrEqual(length);
        expect(reckoned - length).toBeLessThan(40 + 10 * values);
      },
    ),
  );
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recogniseBody } from '../../../services/ingress/recognise-body.ts';
import type { CallLog } from '../../../services/shared/call-events/avro-types.generated.ts';
import { callLogWebhook } from '../../../services/shared/call-events/from-record.ts';
import { callLogRecord } from '../../../services/shared/call-events/to-record.ts';
import { callLogWebhooks } from '../../support/payload-arbitraries.ts';

/** What the property of round-trip.test.ts says of an encoder that is `mutated`: whether it finds nothing. */
function holdsFor(mutated: (record: CallLog) => CallLog): boolean {
  const property = fc.property(callLogWebhooks, (webhook) => {
    const body = JSON.stringify(webhook);
    const recognised = recogniseBody(Buffer.from(body));
    if (recognised.kind !== 'callLog') return false;
    expect(callLogWebhook(mutated(callLogRecord(recognised.webhook)))).toEqual(JSON.parse(body));
    return true;
  });
  return !fc.check(property, { numRuns: 500 }).failed;
}

test('The property holds for the encoder as it is', () => {
  expect(holdsFor((record) => record)).toBe(true);
});

test.each<[string, (record: CallLog) => CallLog]>([
  ['of the call', (record) => ({ ...record, extraJson: null })],
  ['of the top level', (record) => ({ ...record, envelopeExtraJson: null })],
  [
    'of the user',
    (record) => {
      if (record.user === null || !('vxt.events.User' in record.user)) return record;
      return { ...record, user: { 'vxt.events.User': { ...record.user['vxt.events.User'], extraJson: null } } };
    },
  ],
])('When an encoder drops the unknown fields %s, then the property fails', (_level, mutated) => {
  expect(holdsFor(mutated)).toBe(false);
});

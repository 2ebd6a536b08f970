import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { DEADLINE_MS, ingressesOnOwnStack } from '../support/ingresses-on-own-stack.ts';
import { metricOf } from '../support/metric-of.ts';
import { acceptedIds, startLoad, statusCounts } from '../support/webhook-load.ts';
import { callWebhook } from '../support/webhooks.ts';

const HOUR_MS = 3_600_000;

const { token, directory, freezeKafka, thawKafka, place, start, post, untilReadiness, untilDrained, idsInLog } =
  ingressesOnOwnStack();
const shim = (name: string): string =>
  `--import=${pathToFileURL(join(import.meta.dirname, `../support/shims/${name}.mjs`))}`;

describe.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('When the clock is set an hour %s', (way, offsetMs) => {
  const clockFile = join(directory, `clock-${way}`);
  const shimmed = { NODE_OPTIONS: shim('clock'), CLOCK_OFFSET_FILE: clockFile };

  test('under load, then every 202 is in the log, and no duration is negative or an hour', async () => {
    const { prefix, environment } = place({ ...shimmed, SPOOL_DIRECTORY: '' });
    const ingress = await start(environment);
    const load = startLoad({ url: ingress.url, token, name: 'jump', connections: 16 });
    const more = (count: number) => {
      const before = load.sent.length;
      return eventually(() => load.sent.length > before + count, { deadlineMs: 60_000 });
    };
    await more(500);
    writeFileSync(clockFile, String(offsetMs));
    await more(1_000);
    rmSync(clockFile);
    await more(500);
    const sent = await load.stop();
    console.log(`clock an hour ${way}: ${statusCounts(sent)}`);
    const ids = new Set(await idsInLog(`${prefix}call-logs`));
    expect(acceptedIds(sent).filter((id) => !ids.has(`callLog/${id}`))).toEqual([]);
    expect(acceptedIds(sent).length).toBeGreaterThan(1_800);
    for (const name of ['vxt_webhook_duration_seconds_sum', 'vxt_publish_duration_seconds_sum']) {
      const seconds = (await metricOf(ingress.adminUrl, name)) ?? Number.NaN;
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThan(1_800);
    }
  });

  test('while Kafka stands still, then each sender is answered within the deadline, and the ingress is not ready until Kafka goes on', async () => {
    const { environment } = place({ ...shimmed, SPOOL_DIRECTORY: '' });
    const ingress = await start(environment);
    await freezeKafka();
    const startedMs = performance.now();
    const answers = Promise.all(Array.from({ length: 10 }, (_, index) => post(ingress, callWebhook(`still-${index}`))));
    writeFileSync(clockFile, String(offsetMs));
    expect(new Set(await answers)).toEqual(new Set([503]));
    expect(performance.now() - startedMs).toBeLessThan(3 * DEADLINE_MS);
    await untilReadiness(ingress, /^503 .*(No broker answered lately|Kafka takes no connection)/);
    thawKafka();
    await untilReadiness(ingress, /^200/);
    expect(await post(ingress, callWebhook('goes-on'))).toBe(202);
    rmSync(clockFile);
  });
});

test('When the disk of the spool stands still and Kafka too, then senders are answered within the deadline and readiness says why; once it goes on, all that was accepted is sent', async () => {
  const frozen = join(directory, 'disk-frozen');
  const { prefix, environment } = place({ NODE_OPTIONS: shim('disk'), DISK_FROZEN_FILE: frozen });
  const ingress = await start(environment);
  await freezeKafka();
  expect(await post(ingress, callWebhook('spooled'))).toBe(202);
  writeFileSync(frozen, '');
  const startedMs = performance.now();
  expect(await post(ingress, callWebhook('stalled'))).toBe(503);
  expect(performance.now() - startedMs).toBeLessThan(3 * DEADLINE_MS);
  const waiting = Promise.all(Array.from({ length: 5 }, (_, index) => post(ingress, callWebhook(`waiting-${index}`))));
  await untilReadiness(ingress, /^503 .*The disk of the spool does not answer/);
  expect(new Set(await waiting)).toEqual(new Set([503]));

  rmSync(frozen);
  await untilReadiness(ingress, /^200/);
  expect(await post(ingress, callWebhook('after'))).toBe(202);
  thawKafka();
  await untilDrained(ingress);
  const ids = await idsInLog(`${prefix}call-logs`);
  expect(ids).toEqual(expect.arrayContaining(['callLog/spooled', 'callLog/after']));
}, 180_000);

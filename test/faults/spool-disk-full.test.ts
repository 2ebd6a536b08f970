import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from '../support/eventually.ts';
import { freeze, thaw } from '../support/freeze.ts';
import { type IngressProcess, ingressSettings, startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { metricOf } from '../support/metric-of.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { readinessOf } from '../support/service-process.ts';
import { mountSmallDisk, type SmallDisk, smallDiskProblem } from '../support/small-disk.ts';
import { acceptedIds, type SentWebhook, startLoad, statusCounts } from '../support/webhook-load.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const token = 'disk-full-token-0123456789';
const problem = smallDiskProblem();
const describeOnSmallDisk = problem === null ? describe : describe.skip;
const ROUNDS = 20;

describeOnSmallDisk(`When the spool’s disk is full (${problem ?? 'a tmpfs of 8 MB'})`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'disk-full-'));
  let stack: JavaStack;
  let disk: SmallDisk;
  const started: IngressProcess[] = [];

  beforeAll(async () => {
    stack = await startJavaStack({ dataDirectory: directory });
    disk = mountSmallDisk(8);
  });
  afterAll(async () => {
    for (const ingress of started) await ingress.end('SIGKILL');
    disk.remove();
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (prefix: string): Promise<IngressProcess> => {
    const ingress = await startIngressProcess(
      {
        ...ingressSettings(stack, { prefix, token, deadlineMs: 2_000 }),
        SPOOL_DIRECTORY: join(disk.path, 'spool'),
        SPOOL_MAX_BYTES: '6000000',
      },
      'listening',
    );
    started.push(ingress);
    return ingress;
  };
  const numberOf = (ingress: IngressProcess, name: string): Promise<number> =>
    metricOf(ingress.adminUrl, name).then((value) => value ?? 0);
  const untilDrained = (ingress: IngressProcess): Promise<boolean> =>
    eventually(async () => (await numberOf(ingress, 'vxt_spool_records')) === 0, {
      deadlineMs: 60_000,
      what: () => `an empty spool:\n${ingress.output().slice(-2_000)}`,
    });

  test(`filled, freed, and the ingress killed with -9 and started again, ${ROUNDS} times under load, then every 202 is in the log, and none more often than resends explain`, async () => {
    const random = seededRandom(15);
    const sent: SentWebhook[] = [];
    let resends = 0;
    let ingress = await start('full.');
    await eventually(async () => (await fetch(`${ingress.adminUrl}/readyz`)).status === 200);
    for (let round = 0; round < ROUNDS; round += 1) {
      // Three rounds of five are within an outage of Kafka, in which webhooks go to disk; in the others the spool drains meanwhile.
      if (round % 5 === 0) await stack.kafka.kill();
      if (round % 5 === 3) await stack.kafka.start();
      const load = startLoad({ url: ingress.url, token, name: `r${round}`, connections: 16 });
      const more = async (count: number): Promise<void> => {
        const before = load.sent.length;
        await eventually(() => load.sent.length >= before + count, { deadlineMs: 60_000 });
      };
      await more(50 + Math.floor(random() * 100));
      disk.fill();
      await more(50 + Math.floor(random() * 100));
      disk.free();
      await more(100 + Math.floor(random() * 200));
      resends += await numberOf(ingress, 'vxt_publish_resends_total');
      ingress.child.kill('SIGKILL');
      sent.push(...(await load.stop()));
      ingress = await start('full.');
      if (round % 5 === 4) await untilDrained(ingress);
    }
    await untilDrained(ingress);
    resends += await numberOf(ingress, 'vxt_publish_resends_total');

    const log = await readLog(stack.brokers, ['full.call-logs']);
    const ids = log.map(({ headers }) => (headers.ce_id ?? '').slice('callLog/'.length));
    const inLog = new Set(ids);
    console.log(
      `${ROUNDS} rounds: ${statusCounts(sent)}; ${log.length} records of ${inLog.size} webhooks, ${resends} resends`,
    );
    expect(acceptedIds(sent).filter((id) => !inLog.has(id))).toEqual([]);
    expect(sent.filter(({ status }) => status === 503).length).toBeGreaterThan(0);
    expect(sent.filter(({ status }) => status !== 202 && status !== 503 && status !== null)).toEqual([]);
    expect(log.length - inLog.size).toBeLessThanOrEqual(resends);
    expect(await ingress.end()).toBe(0);
  }, 600_000);

  test('and Kafka stands still, then the ingress is not ready, and says both; once the disk is free it is, and spools', async () => {
    const ingress = await start('ready.');
    const untilReadiness = (wanted: RegExp): Promise<boolean> =>
      eventually(async () => wanted.test(await readinessOf(ingress)), {
        deadlineMs: 30_000,
        what: () => `readiness ${wanted}`,
      });
    const post = (id: string): Promise<number | null> => postWebhook(ingress.url, token, callWebhook(id));
    await untilReadiness(/^200/);
    expect(await post('before')).toBe(202);
    const pid = stack.kafka.pid() ?? 0;
    await freeze(pid);
    try {
      disk.fill();
      await untilReadiness(/^503 .*No broker answered lately.*The disk of the spool is full/);
      expect(await post('full')).toBe(503);
      disk.free();
      await untilReadiness(/^200/);
      expect(await post('spooled')).toBe(202);
    } finally {
      thaw(pid);
    }
    await untilDrained(ingress);
    const ids = new Set((await readLog(stack.brokers, ['ready.call-logs'])).map(({ headers }) => headers.ce_id));
    expect(ids).toEqual(new Set([...ids, 'callLog/before', 'callLog/spooled']));
    expect(await ingress.end()).toBe(0);
  }, 180_000);
});

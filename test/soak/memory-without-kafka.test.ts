import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { acceptedIds, startLoad, statusCounts } from '../support/webhook-load.ts';

const token = 'memory-token-0123456789';
const directory = mkdtempSync(join(tmpdir(), 'memory-'));
let stack: JavaStack;
let settings: Readonly<Record<string, string>>;

beforeAll(async () => {
  stack = await startJavaStack({ dataDirectory: directory });
  settings = {
    KAFKA_BROKERS: stack.brokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    KAFKA_TOPIC_PREFIX: 'memory.',
    KAFKA_PARTITIONS: '3',
    VXT_WEBHOOK_TOKENS: token,
    PUBLISH_DEADLINE_MS: '4000',
    SPOOL_DIRECTORY: join(directory, 'spool'),
  };
});

afterAll(async () => {
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('When Kafka is away for a minute at 2,000 requests a second, then memory stays under 300 MB', async () => {
  const ingress = await startIngressProcess(settings);
  const waiting = async (): Promise<number> => {
    const metrics = await fetch(`${ingress.adminUrl}/metrics`).then((response) => response.text());
    return Number(/^vxt_spool_records (\d+)$/m.exec(metrics)?.[1] ?? Number.NaN);
  };
  await stack.kafka.kill();
  const load = startLoad({ url: ingress.url, token, name: 'memory', connections: 64, rate: 2_000 });
  let mostMb = 0;
  const endMs = Date.now() + 60_000;
  await eventually(
    () => {
      mostMb = Math.max(mostMb, residentMb(ingress.child.pid ?? 0));
      return Date.now() > endMs;
    },
    { deadlineMs: 90_000 },
  );
  const sent = await load.stop();
  console.log(
    `Kafka away for 60 s: ${Math.round(sent.length / 60)} requests/s, ${statusCounts(sent)}, at most ${mostMb} MB`,
  );
  await stack.kafka.start();
  expect(sent.filter(({ status }) => status !== 202)).toEqual([]);
  await eventually(async () => (await waiting()) === 0, { deadlineMs: 90_000, what: () => 'an empty spool' });
  const inLog = new Set((await readLog(stack.brokers, ['memory.call-logs'])).map(({ headers }) => headers.ce_id));
  expect(acceptedIds(sent).filter((id) => !inLog.has(`callLog/${id}`))).toEqual([]);
  expect(await ingress.end()).toBe(0);
  expect(mostMb).toBeLessThan(300);
}, 300_000);

/** Memory a process holds, in MB (VmRSS of Linux). */
function residentMb(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024);
}

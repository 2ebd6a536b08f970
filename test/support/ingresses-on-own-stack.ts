import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from './eventually.ts';
import { freeze, thaw } from './freeze.ts';
import { type IngressProcess, ingressSettings, startIngressProcess } from './ingress.ts';
import { readLog } from './kafka-log.ts';
import { metricOf } from './metric-of.ts';
import { readinessOf } from './service-process.ts';
import { postWebhook } from './webhooks.ts';

const token = 'own-stack-token-0123456789';

/** Of each ingress that is started here, in milliseconds. */
export const DEADLINE_MS = 2_000;

/** Ingresses on a broker and a registry of their own, which may be frozen and killed. To be called once in a file. */
export function ingressesOnOwnStack() {
  const directory = mkdtempSync(join(tmpdir(), 'own-stack-'));
  const started: IngressProcess[] = [];
  let stack: JavaStack;
  let prefixes = 0;

  const kafkaPid = (): number => {
    const pid = stack.kafka.pid();
    if (pid === null) throw new Error('Kafka does not run');
    return pid;
  };

  beforeAll(async () => {
    stack = await startJavaStack({ dataDirectory: join(directory, 'stack') });
  });
  afterEach(async () => {
    thaw(kafkaPid());
    for (const ingress of started.splice(0)) await ingress.end('SIGKILL');
  });
  afterAll(async () => {
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  return {
    token,
    directory,
    freezeKafka: () => freeze(kafkaPid()),
    thawKafka: () => thaw(kafkaPid()),
    stack: () => stack,
    /** Settings of an ingress with topics and a spool of its own. */
    place: (more: Readonly<Record<string, string>> = {}) => {
      prefixes += 1;
      const prefix = `s${prefixes}.`;
      const environment: Readonly<Record<string, string>> = {
        ...ingressSettings(stack, { prefix, token, deadlineMs: DEADLINE_MS }),
        SPOOL_DIRECTORY: join(directory, `spool-${prefixes}`),
        ...more,
      };
      return { prefix, environment };
    },
    start: async (environment: Readonly<Record<string, string>>, until: 'ready' | 'listening' = 'ready') => {
      const ingress = await startIngressProcess(environment, until);
      started.push(ingress);
      return ingress;
    },
    post: (ingress: IngressProcess, body: string): Promise<number | null> => postWebhook(ingress.url, token, body),
    readiness: readinessOf,
    untilReadiness: (ingress: IngressProcess, wanted: RegExp): Promise<boolean> => {
      let last = '';
      return eventually(
        async () => {
          last = await readinessOf(ingress);
          return wanted.test(last);
        },
        {
          deadlineMs: 20_000,
          what: () => `readiness ${wanted} instead of ${last}:\n${ingress.output().slice(-3_000)}`,
        },
      );
    },
    untilDrained: (ingress: IngressProcess): Promise<boolean> =>
      eventually(async () => (await metricOf(ingress.adminUrl, 'vxt_spool_records')) === 0, {
        deadlineMs: 60_000,
        what: () => `an empty spool:\n${ingress.output().slice(-3_000)}`,
      }),
    idsInLog: async (...topics: readonly string[]): Promise<readonly string[]> => {
      const log = await readLog(stack.brokers, topics);
      return log.map(({ headers }) => headers.ce_id ?? '').sort();
    },
  };
}

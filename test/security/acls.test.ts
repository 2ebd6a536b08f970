import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { brokerErrorType } from '../../services/shared/kafka/access.ts';
import { truncateRecords } from '../../services/shared/kafka/truncate-records.ts';
import { type AclStack, passWithRights, startAclStack } from '../support/acl-stack.ts';
import { grant, inWords, type Right, revoke, rightsOfScript } from '../support/acls.ts';
import { eventually } from '../support/eventually.ts';
import { type Container, workloads } from '../support/manifests.ts';
import { metricOf } from '../support/metric-of.ts';
import {
  type Principal,
  principals,
  type SecureKafka,
  secureKafkaProblem,
  startSecureKafka,
} from '../support/secure-kafka.ts';
import { runToEnd, serviceNames, startService, WEBHOOK_TOKEN } from '../support/secured-services.ts';
import { untilReady } from '../support/service-process.ts';
import { callWebhook, postWebhook, voicemailWebhook } from '../support/webhooks.ts';

const onJava = secureKafkaProblem() === null ? describe : describe.skip;
const prefix = 'acl.';
const rights = rightsOfScript({ KAFKA_TOPIC_PREFIX: prefix, KAFKA_CREATE_TOPICS: 'false' });
const redrivable = callWebhook('call-that-was-not-recognised');

/** Whose records a topic holds. */
const writers: Readonly<Record<string, readonly Principal[]>> = {
  'call-logs': ['vxt-ingress', 'vxt-redrive'],
  voicemails: ['vxt-ingress', 'vxt-redrive'],
  'unrecognised-webhooks': ['vxt-ingress', 'vxt-redrive'],
  'user-call-metrics': ['vxt-call-metrics'],
  'call-metrics-state': ['vxt-call-metrics'],
  'call-metrics-seen': ['vxt-call-metrics'],
  'dead-letters': ['vxt-call-metrics'],
  'schema-ids': ['vxt-ingress', 'vxt-call-metrics', 'vxt-redrive'],
};

onJava('On a Kafka where nobody may do what no ACL allows', () => {
  let kafka: SecureKafka;
  beforeAll(async () => {
    kafka = await startSecureKafka();
  }, 120_000);
  afterAll(async () => {
    await kafka?.stop();
  });

  describe('When each service has exactly the rights of deploy/kafka/acls.sh', () => {
    let stack: AclStack;
    beforeAll(async () => {
      stack = await startAclStack(kafka, prefix, false);
    });
    afterAll(async () => {
      await stack?.stop();
    });

    test('and the topics are there, then a webhook becomes a counter, and every probe of deploy/kubernetes finds its service well', () =>
      passWithRights(stack, 'user-of-exact-rights', async (running) => {
        for (const service of serviceNames) {
          const [container]: readonly (Container | undefined)[] = workloads
            .filter(({ metadata }) => metadata.name === `vxt-${service}`)
            .flatMap(({ spec }) => spec.template.spec.containers);
          for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
            const { path, port } = container?.[probe].httpGet ?? { path: 'none', port: '' };
            const asked = port === 'admin' ? running[service].adminPort : running[service].port;
            const { status } = await fetch(`http://127.0.0.1:${asked}${path}`);
            expect([service, probe, status]).toEqual([service, probe, 200]);
          }
        }
      }));

    test('then redrive and rebuild run, too', async () => {
      const producer = kafka.client('admin').producer();
      await producer.connect();
      const messages = [
        { value: redrivable, headers: { reason: 'of an older parser', 'content-type': 'application/json' } },
      ];
      await producer.send({ topic: `${prefix}unrecognised-webhooks`, messages });
      await producer.disconnect();
      const redriven = await runToEnd('services/ingress/redrive/main.ts', stack.settings('vxt-redrive'), ['--yes']);
      expect(redriven).toMatchObject({ code: 0, output: expect.stringContaining('published 1 to callLogs') });
      const rebuild = 'services/call-metrics/rebuild/main.ts';
      const rebuilt = await runToEnd(rebuild, stack.settings('vxt-call-metrics'), ['--yes']);
      expect(rebuilt).toMatchObject({ code: 0, output: expect.stringContaining('1 partitions published') });
    });

    test('then only call-metrics may cut the seen ids', async () => {
      const topic = `${prefix}call-metrics-seen`;
      const cut = (principal: Principal): Promise<void> =>
        truncateRecords(stack.serviceClient(principal), [], topic, [{ partition: 0, offset: 0 }]);
      await cut('vxt-call-metrics');
      const right = rights.filter(({ operation }) => operation === 'DELETE');
      expect(right).toMatchObject([{ principal: 'User:vxt-call-metrics', name: topic }]);
      await revoke(stack.admin, right);
      await expect(cut('vxt-call-metrics')).rejects.toThrow(
        `Kafka does not allow call-metrics (User:vxt-call-metrics) Delete on Topic ${topic}: add that ACL`,
      );
      await grant(stack.admin, right);
      for (const principal of ['vxt-prometheus-exporter', 'vxt-ingress', 'vxt-redrive'] as const)
        await expect(cut(principal)).rejects.toThrow(`Delete on Topic ${topic}: add that ACL`);
    });

    const oneOfEachKind = rights.filter((right, index) => {
      const kind = ({ principal, operation, resource, pattern }: Right) =>
        [principal, operation, resource, pattern].join();
      return rights.findIndex((other) => kind(other) === kind(right)) === index;
    });
    test.each(
      oneOfEachKind
        .filter(({ principal, operation }) => operation !== 'DELETE' && principal !== 'User:vxt-redrive')
        .map((right) => [right.principal.replace('User:vxt-', ''), inWords(right), right] as const),
    )('but %s lacks %s, then its error names that right', async (_service, _words, right) => {
      await stack.saysWhatIsMissing(right);
    });

    test('but a right of the ingress is revoked while it runs, then only the webhooks of that topic wait in the spool, its log names the right, and they are sent once it is granted again', async () => {
      const [right] = rights.filter(
        ({ principal, operation, name }) =>
          principal === 'User:vxt-ingress' && operation === 'WRITE' && name === `${prefix}voicemails`,
      );
      if (right === undefined) throw new Error('no such right');
      const spool = { SPOOL_DIRECTORY: join(kafka.directory, 'spool') };
      const ingress = await startService('ingress', { ...stack.settings('vxt-ingress'), ...spool });
      const adminUrl = `http://127.0.0.1:${ingress.adminPort}`;
      const post = (body: string) => postWebhook(`http://127.0.0.1:${ingress.port}/webhooks/vxt`, WEBHOOK_TOKEN, body);
      const waiting = () => metricOf(adminUrl, 'vxt_spool_records');
      await untilReady(ingress, `${adminUrl}/readyz`);
      expect(await post(voicemailWebhook('allowed'))).toBe(202);
      await revoke(stack.admin, [right]);
      try {
        await eventually(async () => (await post(voicemailWebhook('revoked'))) === 202 && (await waiting()) === 1);
        expect(await post(callWebhook('call-meanwhile'))).toBe(202);
        expect(await waiting()).toBe(1);
        expect(ingress.output()).toContain(
          `Kafka does not allow ingress (User:vxt-ingress) Write on Topic ${prefix}voicemails: add that ACL`,
        );
      } finally {
        await grant(stack.admin, [right]);
      }
      await eventually(async () => (await waiting()) === 0, { deadlineMs: 60_000, what: ingress.output });
      expect(await ingress.end()).toBe(0);
    });

    // Last: what it writes, nobody can read.
    test('then a topic takes records only from its own writer', async () => {
      const took: Record<string, Principal[]> = {};
      for (const principal of principals.filter((one) => one !== 'admin')) {
        for (const topic of Object.keys(writers)) {
          const producer = kafka.client(principal).producer({ retry: { retries: 0 }, allowAutoTopicCreation: false });
          await producer.connect();
          const sent = producer.send({ topic: prefix + topic, messages: [{ key: 'a', value: 'not Avro' }] });
          await sent.then(
            () => (took[topic] = [...(took[topic] ?? []), principal]),
            (error: Error) => expect(brokerErrorType(error)).toBe('TOPIC_AUTHORIZATION_FAILED'),
          );
          await producer.disconnect();
        }
      }
      expect(took).toEqual(writers);
    });
  });

  describe('When the services may create their topics', () => {
    let stack: AclStack;
    beforeAll(async () => {
      stack = await startAclStack(kafka, 'made.', true);
    });
    afterAll(async () => {
      await stack?.stop();
    });

    test('but one lacks Create, then its error names that right', async () => {
      const [right] = stack.rights.filter(
        ({ principal, operation }) => principal === 'User:vxt-prometheus-exporter' && operation === 'CREATE',
      );
      if (right === undefined) throw new Error('no such right');
      await stack.saysWhatIsMissing(right);
    });

    test('then they do, and a webhook becomes a counter', () => passWithRights(stack, 'user-of-new-topics'));
  });
});

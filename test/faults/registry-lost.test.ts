import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from '../support/eventually.ts';
import { readLog } from '../support/kafka-log.ts';
import { type LostRegistry, lostRegistry } from '../support/lost-registry.ts';
import { metricOf } from '../support/metric-of.ts';
import {
  endServices,
  runToEnd,
  type SecuredService,
  type ServiceName,
  serviceNames,
  startService,
  untilEnded,
  WEBHOOK_TOKEN,
} from '../support/secured-services.ts';
import { untilReady } from '../support/service-process.ts';
import { callWebhook, postWebhook, voicemailWebhook } from '../support/webhooks.ts';

const REMEDY = 'npx vxt-events registry restore';
const directory = mkdtempSync(join(tmpdir(), 'registry-lost-'));
let stack: JavaStack;
let registry: LostRegistry;
let environment: Readonly<Record<string, string>>;
/** What is in the log, and so what every exporter that answers must show. */
const sent = { calls: 0, voicemails: 0 };
/** Of what was sent, what waits in the spool. */
let spooled = 0;
const spool = { SPOOL_DIRECTORY: join(directory, 'spool') };

beforeAll(async () => {
  stack = await startJavaStack({ dataDirectory: directory });
  registry = lostRegistry(stack, directory);
  environment = {
    KAFKA_BROKERS: stack.brokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    KAFKA_TOPIC_PREFIX: 'lost.',
    KAFKA_PARTITIONS: '3',
    LOG_LEVEL: 'info',
  };
}, 120_000);
afterAll(async () => {
  registry?.thaw();
  await endServices();
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const start = (name: ServiceName, more: Readonly<Record<string, string>> = {}) =>
  startService(name, { ...environment, ...more });
const urlOf = (service: SecuredService) => `http://127.0.0.1:${service.port}`;
const readyUrlOf = (name: ServiceName, service: SecuredService): string =>
  name === 'prometheus-exporter' ? `${urlOf(service)}/readyz` : `http://127.0.0.1:${service.adminPort}/readyz`;

async function send(ingress: SecuredService, kind: 'call' | 'voicemail'): Promise<void> {
  const count = kind === 'call' ? ++sent.calls : ++sent.voicemails;
  const body = kind === 'call' ? callWebhook(`c${count}`) : voicemailWebhook(`v${count}`);
  expect(await postWebhook(`${urlOf(ingress)}/webhooks/vxt`, WEBHOOK_TOKEN, body)).toBe(202);
}

/** What an exporter shows of all users, as `calls/voicemails`; null where it answers nothing, or 503. */
async function shown(exporter: SecuredService): Promise<string | null> {
  const answer = await fetch(`${urlOf(exporter)}/metrics`).catch(() => null);
  if (answer?.status !== 200) return null;
  const text = await answer.text();
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}{.*} (\\d+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
  return `${sum('vxt_calls_total')}/${sum('vxt_voicemails_total')}`;
}
const untilShown = (exporter: SecuredService, said: () => string): Promise<boolean> =>
  eventually(async () => (await shown(exporter)) === `${sent.calls - spooled}/${sent.voicemails}`, {
    what: () => `${sent.calls - spooled} calls and ${sent.voicemails} voicemails:\n${said()}`,
  });

describe('When the registry is lost while all services run', () => {
  const running = new Map<ServiceName, SecuredService>();
  const service = (name: ServiceName): SecuredService => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  };
  const output = () => [...running.values()].map((one) => one.output()).join('\n');
  const count = async (kind: 'call' | 'voicemail'): Promise<void> => {
    await send(service('ingress'), kind);
    await untilShown(service('prometheus-exporter'), output);
  };

  beforeAll(async () => {
    const spooling = await start('ingress', spool);
    for (const name of serviceNames) running.set(name, await start(name));
    for (const [name, one] of running) await untilReady(one, readyUrlOf(name, one));
    await count('call');
    await count('call');
    await eventually(() => existsSync(join(spool.SPOOL_DIRECTORY, 'schema-ids.json')));
    expect(await spooling.end()).toBe(0);
    await registry.backUp();
  }, 60_000);
  afterAll(async () => {
    expect(await Promise.all([...running.values()].map((one) => one.end()))).toEqual([0, 0, 0]);
  });

  test('and its ids then mean other schemas, then a kind of event that was not seen before is counted as what it is', async () => {
    await registry.dealAnew();
    await count('voicemail');
    await count('call');
    expect(await metricOf(urlOf(service('prometheus-exporter')), 'vxt_exporter_undecodable_records_total')).toBe(0);
  });

  test('and it is empty, or frozen, or restored, then every event is counted', async () => {
    await registry.wipe();
    await count('call');
    registry.freeze();
    await count('voicemail');
    registry.thaw();
    await registry.restoreBackup();
    await count('call');
    expect(await readLog(stack.brokers, ['lost.dead-letters'])).toEqual([]);
  });
});

describe('When the registry is frozen at a start', () => {
  test('then nothing is shown until it answers, and all of it then', async () => {
    registry.freeze();
    const exporter = await start('prometheus-exporter');
    const answer = await eventually(() => fetch(`${urlOf(exporter)}/metrics`).catch(() => null));
    expect([answer.status, await answer.text()]).toEqual([
      503,
      expect.stringContaining('The schema registry does not answer yet'),
    ]);
    const [ingress, callMetrics] = [await start('ingress'), await start('call-metrics')];
    await Promise.all([untilEnded(ingress), untilEnded(callMetrics)]);
    for (const { child, output } of [ingress, callMetrics])
      expect([child.exitCode, output()]).toEqual([1, expect.stringContaining('Is SCHEMA_REGISTRY_URL right')]);
    expect(await shown(exporter)).toBeNull();
    registry.thaw();
    await untilShown(exporter, exporter.output);
    expect(await exporter.end()).toBe(0);
  }, 120_000);
});

describe.each([
  ['is empty', () => registry.wipe(), /no schema \d+, with which lost\./],
  ['has other schemas under the ids', () => registry.dealAnew(), /schema \d+ is another there than lost\./],
] as const)('When the registry %s at a start', (_how, lose, problem) => {
  beforeAll(async () => lose(), 60_000);

  test.each(serviceNames)('then %s shows nothing, and ends with an error that names ids and remedy', async (name) => {
    const service = await start(name);
    const scrapes: (string | null)[] = [];
    const scraping = (async () => {
      while (service.child.exitCode === null) scrapes.push(await shown(service));
    })();
    await untilEnded(service);
    await scraping;
    expect(service.child.exitCode).toBe(1);
    expect(service.output()).toMatch(problem);
    expect(service.output()).toContain(REMEDY);
    expect(scrapes.filter((one) => one !== null)).toEqual([]);
  });

  test.each(['services/ingress/redrive/main.ts', 'services/call-metrics/rebuild/main.ts'])(
    'then %s changes nothing',
    async (program) => {
      const ran = await runToEnd(program, environment, ['--yes']);
      expect(ran).toMatchObject({ code: 1, output: expect.stringContaining(REMEDY) });
    },
  );

  test('then an ingress with a spool keeps webhooks there, and one whose disk is new takes none', async () => {
    const ends = async () => (await readLog(stack.brokers, ['lost.call-logs'])).length;
    const before = await ends();
    const ingress = await start('ingress', spool);
    await eventually(() => ingress.output().includes('"event":"schema-ids-differ"'));
    await send(ingress, 'call');
    spooled += 1;
    expect(await ingress.end()).toBe(0);

    const fresh = await start('ingress', { SPOOL_DIRECTORY: join(directory, `fresh-${before}`) });
    await eventually(() => fresh.output().includes('"event":"schema-ids-differ"'));
    const answer = await fetch(readyUrlOf('ingress', fresh));
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('has other schema ids')]);
    expect(await postWebhook(`${urlOf(fresh)}/webhooks/vxt`, WEBHOOK_TOKEN, callWebhook('refused'))).toBe(503);
    expect(await fresh.end()).toBe(0);
    expect(await ends()).toBe(before);
  });
});

describe('When a person restores the registry', () => {
  const restore = (...options: readonly string[]) =>
    runToEnd('services/vxt-events/main.ts', environment, ['registry', 'restore', ...options]);
  const subjects = async (): Promise<readonly string[]> =>
    await fetch(`${stack.registryUrl}/subjects`).then((answer) => answer.json() as Promise<string[]>);

  test('that was begun anew, then nothing is changed, and the error says what to do', async () => {
    const before = await subjects();
    expect(before.length).toBeGreaterThan(0);
    expect(await restore('--yes')).toMatchObject({ code: 1, output: expect.stringMatching(/Remove its data/) });
    expect(await subjects()).toEqual(before);
  });

  test('that is empty, then --help, --dry-run and a run without --yes change nothing', async () => {
    await registry.wipe();
    expect(await restore('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--dry-run') });
    const dry = await restore('--dry-run', '--yes');
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining('would be restored') });
    expect(await restore()).toMatchObject({ code: 2, output: expect.stringContaining('--yes') });
    expect(await restore('--force')).toMatchObject({ code: 1, output: expect.stringContaining('unknown option') });
    expect(await subjects()).toEqual([]);
  });

  test('that is empty, then it has the schemas under their ids, and every service goes on where it stopped', async () => {
    const ids = async () =>
      (await readLog(stack.brokers, ['lost.schema-ids'])).map(({ value }) => JSON.parse(String(value)));
    const restored = await restore('--yes');
    expect(restored).toMatchObject({ code: 0, output: expect.stringContaining('start the services') });
    for (const { id, subject, schema } of await ids()) {
      const there = await fetch(`${stack.registryUrl}/schemas/ids/${id}`).then((answer) => answer.json());
      expect([id, there]).toMatchObject([id, { schema }]);
      expect(await subjects()).toContain(subject);
    }
    expect(await restore('--yes')).toMatchObject({ code: 0, output: expect.not.stringContaining('was restored') });

    const exporter = await start('prometheus-exporter');
    const ingress = await start('ingress');
    const callMetrics = await start('call-metrics');
    await untilReady(ingress, readyUrlOf('ingress', ingress));
    await untilReady(callMetrics, readyUrlOf('call-metrics', callMetrics));
    await untilShown(exporter, exporter.output);
    const spooling = await start('ingress', spool);
    spooled = 0;
    await send(ingress, 'call');
    await send(ingress, 'voicemail');
    await untilShown(exporter, () => callMetrics.output());
    expect(new Set((await ids()).map(({ id }) => id)).size).toBe(5);
    expect(await Promise.all([exporter, ingress, callMetrics, spooling].map((one) => one.end()))).toEqual([0, 0, 0, 0]);
    const compatibility = await fetch(`${stack.registryUrl}/config/lost.call-logs-value`).then((answer) =>
      answer.json(),
    );
    expect(compatibility).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
  });
});

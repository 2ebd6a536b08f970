import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ComposeProject,
  type Container,
  composeProject,
  reasonToSkip,
  serviceOf,
} from '../support/compose-project.ts';
import { eventually } from '../support/eventually.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const reason = await reasonToSkip();
if (reason !== null) console.log(`docker-compose.yml is not tested: ${reason}`);

const SERVICES = ['ingress', 'call-metrics', 'prometheus-exporter'];
const USERS = 40;

/** Grafana is left out where its image cannot be had: nothing depends on it. */
const STARTED = ['kafka', 'schema-registry', ...SERVICES, 'prometheus'];

(reason === null ? describe : describe.skip)('docker-compose.yml', () => {
  let project: ComposeProject;
  let ingressUrl = '';
  /** Ids that were answered 202, so far. */
  const accepted = new Set<string>();

  /** Sends the call of this id until it is answered 202, as VXT does. */
  async function send(id: string): Promise<void> {
    await eventually(
      async () => (await postWebhook(ingressUrl, project.tokens.webhook, callWebhook(id, userOf(id)))) === 202,
      { deadlineMs: 120_000, everyMs: 200, what: () => `202 for ${id}` },
    );
    accepted.add(id);
  }
  const sendMany = async (prefix: string, count: number): Promise<void> => {
    for (let number = 0; number < count; number += 1) await send(`${prefix}-${number}`);
  };

  const promQuery = async (query: string): Promise<number | null> => {
    const url = `http://127.0.0.1:${project.ports.PROMETHEUS_PORT}/api/v1/query?query=${encodeURIComponent(query)}`;
    const answer = JSON.parse(await (await fetch(url)).text());
    const [first] = answer.data.result;
    return first === undefined ? null : Number(first.value[1]);
  };

  /** Waits until the exporter, and Prometheus behind it, count each accepted call once; then looks at each user. */
  async function untilCounted(): Promise<void> {
    let seen: unknown = null;
    const options = { deadlineMs: 90_000, everyMs: 500, what: () => `${accepted.size} calls: ${JSON.stringify(seen)}` };
    await eventually(async () => {
      const byUser = await countsOf(`http://127.0.0.1:${project.ports.EXPORTER_PORT}/metrics`);
      const prometheus = await promQuery('sum(vxt:calls:total)');
      seen = { exporter: sum(byUser), prometheus };
      return sum(byUser) >= accepted.size && prometheus !== null && prometheus >= accepted.size;
    }, options);
    expect(await countsOf(`http://127.0.0.1:${project.ports.EXPORTER_PORT}/metrics`)).toEqual(countByUser(accepted));
    expect(await promQuery('sum(vxt:calls:total)')).toBe(accepted.size);
  }

  beforeAll(async () => {
    project = await composeProject();
    await project.compose('build', ...SERVICES);
    await project.compose('up', '-d', '--no-build', ...STARTED);
    await project.untilHealthy(STARTED);
    const [address = ''] = await project.addresses('ingress', 8080);
    ingressUrl = `${address}/webhooks/vxt`;
    await tellSizesAndTimes();
  }, 400_000);

  afterAll(async () => {
    await project.compose('down', '--volumes', '--timeout', '5');
  }, 120_000);

  async function tellSizesAndTimes(): Promise<void> {
    for (const service of SERVICES) {
      const [container] = await project.containers(service);
      if (container === undefined) throw new Error(`no container of ${service}`);
      const size = Number(await project.docker('image', 'inspect', '--format', '{{.Size}}', container.Image));
      const log = await project.docker('logs', container.Id);
      const [, readyAt = ''] = /"time":"([^"]+)"[^\n]*"event":"[a-z-]+-listening"/.exec(log) ?? [];
      const startMs = Date.parse(readyAt) - Date.parse(container.State.StartedAt);
      console.log(`${service}: image of ${(size / 1e6).toFixed(0)} MB, listening after ${startMs} ms`);
    }
  }

  test('When a secret is missing, then compose names it and how to make one', async () => {
    for (const name of ['VXT_WEBHOOK_TOKENS', 'CALL_METRICS_API_TOKENS', 'GRAFANA_ADMIN_PASSWORD']) {
      const { [name]: _removed, ...environment } = project.environment;
      const refused = project.composeWith(['config'], environment);
      await expect(refused).rejects.toThrow(`set ${name} in .env`);
    }
  });

  test('When the containers run, then only the ingress listens beyond this machine', async () => {
    for (const container of await project.containers()) {
      const hosts = Object.values(container.NetworkSettings.Ports).flatMap((ports) => ports ?? []);
      const inside = hosts.every(({ HostIp }) => HostIp === '127.0.0.1');
      expect([serviceOf(container), inside]).toEqual([serviceOf(container), serviceOf(container) !== 'ingress']);
      expect(container.HostConfig.Memory).toBeGreaterThan(0);
    }
  });

  test.each(SERVICES)(
    'When %s runs, then as a user without rights, on a root it cannot write, as process 1',
    async (service) => {
      const [container] = await project.containers(service);
      if (container === undefined) throw new Error(`no container of ${service}`);
      expect(container).toMatchObject({
        Config: { User: '10001:10001' },
        HostConfig: { ReadonlyRootfs: true, CapDrop: ['ALL'] },
      });
      const inside = (...command: string[]) => project.docker('exec', container.Id, ...command);
      expect(await inside('id', '-u')).toBe('10001\n');
      await expect(inside('sh', '-c', 'echo > /app/mine')).rejects.toThrow('Read-only file system');
      expect((await inside('cat', '/proc/1/cmdline')).split('\0')[0]).toBe('node');
      expect(await inside('ls', 'node_modules')).not.toMatch(/^(jest|typescript|node)$/m);
    },
  );

  test('When webhooks come in, then the exporter and Prometheus count each once', async () => {
    await send('twice-0');
    await sendMany('first', USERS);
    await send('twice-0');
    await untilCounted();
  });

  test('When call-metrics is scaled to three, then all three count and answer, and the counters are exact', async () => {
    await project.compose('up', '-d', '--no-build', '--scale', 'call-metrics=3', ...STARTED);
    await eventually(async () => (await project.containers('call-metrics')).length === 3);
    await project.untilHealthy(['call-metrics']);
    await eventually(
      async () =>
        (await promQuery('count(sum by (instance) (vxt_projection_tasks{phase="running"}) == 2)')) === 3 &&
        (await promQuery('sum(vxt_projection_tasks)')) === 6,
      { deadlineMs: 90_000, everyMs: 500, what: () => 'two of the six tasks at each of three replicas' },
    );
    await sendMany('scaled', 5 * USERS);
    await untilCounted();

    const expected = countByUser(accepted);
    for (const address of await project.addresses('call-metrics', 8081)) {
      for (const [uid, count] of expected) {
        const headers = { authorization: `Bearer ${project.tokens.api}` };
        await eventually(async () => {
          const response = await fetch(`${address}/v1/users/${uid}/call-metrics`, { headers });
          return response.ok && JSON.parse(await response.text()).lifetime.inboundMissed === count;
        });
      }
    }
  });

  test('When the broker is killed and started again under webhooks, then nothing is lost and the counters go on', async () => {
    const before = accepted.size;
    let on = true;
    const sending = Promise.all(
      ['a', 'b', 'c', 'd'].map(async (sender) => {
        for (let number = 0; on; number += 1) {
          await send(`restart-${sender}-${number}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }),
    );
    try {
      await eventually(() => accepted.size > before + 100);
      await project.compose('kill', 'kafka');
      await project.compose('start', 'kafka');
      await project.untilHealthy(['kafka']);
      const restarted = accepted.size;
      await eventually(() => accepted.size > restarted + 100, { deadlineMs: 90_000 });
    } finally {
      on = false;
      await sending;
    }

    await untilCounted();
    expect(await promQuery('sum(resets(vxt_calls_total[10m]))')).toBe(0);
    await project.untilHealthy(STARTED);
  }, 300_000);

  test('When the ingress is scaled to two without a spool, then both take webhooks', async () => {
    const environment = { ...project.environment, SPOOL_DIRECTORY: '' };
    const scale = ['--scale', 'ingress=2', '--scale', 'call-metrics=3'];
    await project.composeWith(['up', '-d', '--no-build', ...scale, ...STARTED], environment);
    await eventually(async () => (await project.containers('ingress')).length === 2);
    await project.untilHealthy(['ingress']);
    for (const [index, address] of (await project.addresses('ingress', 8080)).entries()) {
      ingressUrl = `${address}/webhooks/vxt`;
      await sendMany(`ingress-${index}`, 10);
    }
    await untilCounted();
  });

  test('When the services are stopped, then each hears the signal and ends by itself', async () => {
    await project.compose('stop', ...SERVICES);
    const ended = (await Promise.all(SERVICES.map((service) => project.containers(service)))).flat();
    expect(ended.map((one): [string, number] => [serviceOf(one), one.State.ExitCode])).toEqual(
      ended.map((one) => [serviceOf(one), 0]),
    );
    expect(ended).toHaveLength(6);
  });

  test('When it is taken down with its volumes, then nothing of it is left', async () => {
    const volumes = volumesOf(await project.containers());
    expect(volumes.length).toBeGreaterThan(2);
    await project.compose('down', '--volumes');
    expect(await project.left()).toEqual([]);
    const left = (await project.docker('volume', 'ls', '--quiet')).split('\n');
    expect(volumes.filter((name) => left.includes(name))).toEqual([]);
  });
});

const userOf = (id: string): string => `u-${Number(id.split('-').at(-1)) % USERS}`;

function countByUser(ids: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(userOf(id), (counts.get(userOf(id)) ?? 0) + 1);
  return counts;
}

/** Calls by user, as an exporter shows them; without those that have none. */
async function countsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const page = await (await fetch(url)).text();
  const counts = new Map<string, number>();
  for (const [, uid = '', count] of page.matchAll(/^vxt_calls_total\{user_uid="([^"]+)",[^}]*\} ([1-9]\d*)$/gm))
    counts.set(uid, (counts.get(uid) ?? 0) + Number(count));
  return counts;
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, one) => total + one, 0);

const volumesOf = (containers: readonly Container[]): readonly string[] =>
  containers.flatMap(({ Mounts }) => Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : [])));

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kafkaProblem, registryProblem } from '../../dev/stack/probes.ts';
import { type ComposeProject, composeProject, reasonToSkip } from '../support/compose-project.ts';
import { eventually } from '../support/eventually.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const reason = await reasonToSkip();
const SERVICES = ['ingress', 'call-metrics', 'prometheus-exporter'];
const STARTED = ['kafka', 'schema-registry', ...SERVICES];

(reason === null ? describe : describe.skip)('docker-compose.yml with deploy/compose/secure.yml', () => {
  let project: ComposeProject;

  beforeAll(async () => {
    project = await composeProject(['docker-compose.yml', 'deploy/compose/secure.yml']);
    await project.compose('build', ...SERVICES);
    await project.compose('up', '-d', '--no-build', ...STARTED);
    await project.untilHealthy(STARTED);
  }, 400_000);

  afterAll(async () => {
    await project.compose('down', '--volumes', '--timeout', '5');
    expect(await project.left()).toEqual([]);
  }, 120_000);

  test('When webhooks come in, then they are counted: each service has spoken TLS and logged in', async () => {
    const [address = ''] = await project.addresses('ingress', 8080);
    for (const id of ['one', 'two', 'three']) {
      expect(await postWebhook(`${address}/webhooks/vxt`, project.tokens.webhook, callWebhook(id))).toBe(202);
    }
    await eventually(
      async () => {
        const page = await (await fetch(`http://127.0.0.1:${project.ports.EXPORTER_PORT}/metrics`)).text();
        return page.includes('vxt_calls_total{user_uid="u-1",direction="inbound",result="missed"} 3');
      },
      { deadlineMs: 60_000 },
    );
  });

  test('When a client comes without TLS, then neither Kafka nor the registry answers it', async () => {
    expect(await kafkaProblem('127.0.0.1', project.ports.KAFKA_PORT)).not.toBeNull();
    expect(
      await registryProblem(`http://127.0.0.1:${project.ports.SCHEMA_REGISTRY_PORT}/apis/ccompat/v7`),
    ).not.toBeNull();
  });

  test('When a service logs in with another password, or trusts no authority, then it does not start', async () => {
    const startWith = (variable: string, value: string) =>
      project.compose('run', '--rm', '--no-deps', '-T', '-e', `${variable}=${value}`, 'prometheus-exporter');
    await expect(startWith('KAFKA_SASL_PASSWORD_FILE', '/app/package.json')).rejects.toThrow(
      /refuse the plain login of KAFKA_SASL_USERNAME vxt/,
    );
    await expect(startWith('KAFKA_SSL_CA_FILE', '')).rejects.toThrow(/certificate/);
  });

  test('When it is started again, then the same certificates and passwords do', async () => {
    await project.compose('down');
    await project.compose('up', '-d', '--no-build', ...STARTED);
    await project.untilHealthy(STARTED);
    const page = await (await fetch(`http://127.0.0.1:${project.ports.EXPORTER_PORT}/metrics`)).text();
    expect(page).toContain('vxt_calls_total{user_uid="u-1",direction="inbound",result="missed"} 3');
  });
});

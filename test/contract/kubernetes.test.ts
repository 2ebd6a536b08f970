import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callMetricsSettings, readCallMetricsConfig } from '../../services/call-metrics/config.ts';
import { ingressSettings, readIngressConfig } from '../../services/ingress/config.ts';
import { exporterApp } from '../../services/prometheus-exporter/app.ts';
import { exporterSettings, readExporterConfig } from '../../services/prometheus-exporter/config.ts';
import type { SettingsTable } from '../../services/shared/config/settings.ts';
import { adminApp } from '../../services/shared/http/admin-app.ts';
import { type Listening, listen } from '../../services/shared/http/listen.ts';
import { STOP_WITHIN_MS } from '../../services/shared/lifecycle/host.ts';
import { createMetricsRegistry, renderMetrics } from '../../services/shared/observability/prometheus.ts';
import { VERSION } from '../../services/shared/observability/version.ts';
import { type Container, findManifest, manifests, type PodSpec, workloads } from '../support/manifests.ts';

const services = [
  { name: 'ingress', settings: ingressSettings, read: readIngressConfig, probedPort: 'ADMIN_PORT' },
  { name: 'call-metrics', settings: callMetricsSettings, read: readCallMetricsConfig, probedPort: 'ADMIN_PORT' },
  { name: 'prometheus-exporter', settings: exporterSettings, read: readExporterConfig, probedPort: 'PORT' },
] as const;

describe.each(services)('$name in Kubernetes', ({ name, settings, read, probedPort }) => {
  const workload = workloads.find(({ metadata }) => metadata.name === `vxt-${name}`);
  const pod: PodSpec = workload?.spec.template.spec;
  const [container] = pod.containers;
  if (container === undefined) throw new Error('no container');
  const tables: readonly SettingsTable[] = Object.values(settings);
  const all = tables.flatMap((table) => Object.values(table));
  const environment = {
    ...findManifest('ConfigMap', 'vxt-call-events')?.data,
    ...Object.fromEntries(container.env.map(({ name: variable, value }) => [variable, value])),
  };

  test('When it is configured, then each variable is a setting, and its value is one the service takes', () => {
    const own = all.flatMap(({ variable, secret }) => (secret ? [variable, `${variable}_FILE`] : [variable]));
    const ofOthers = services.flatMap((service) => {
      const others: readonly SettingsTable[] = Object.values(service.settings);
      return others.flatMap((table) => Object.values(table).map(({ variable }) => variable));
    });
    for (const { name: variable } of container.env) expect(own).toContain(variable);
    for (const variable of Object.keys(environment)) expect([...own, ...ofOthers]).toContain(variable);
    const withoutSecretFiles = Object.entries(environment).filter(
      ([variable]) => !all.some((one) => one.secret && variable === `${one.variable}_FILE`),
    );
    expect(() => read(Object.fromEntries(withoutSecretFiles))).not.toThrow();
  });

  test('When a setting names a file, then a secret is mounted there, and none is in the manifest', () => {
    const mount = (volume: string) => container.volumeMounts.find((one) => one.name === volume)?.mountPath ?? '';
    const mounted = pod.volumes.flatMap((volume) =>
      volume.projected.sources.flatMap(({ secret }) => secret.items.map(({ path }) => join(mount(volume.name), path))),
    );
    const ofService = Object.entries(environment).filter(([variable]) => variable.endsWith('_FILE'));
    expect(ofService.map(([, file]) => file).sort()).toEqual(mounted.sort());
    for (const { variable, secret } of all) if (secret) expect(environment).not.toHaveProperty(variable);
  });

  describe('When the kubelet and Prometheus ask', () => {
    let server: Listening;
    beforeAll(async () => {
      const metrics = createMetricsRegistry(name, '0.0.0');
      const app =
        probedPort === 'PORT'
          ? exporterApp(metrics, () => null)
          : adminApp(
              (openMetrics) => renderMetrics(metrics, openMetrics),
              () => ({ ready: true }),
            );
      server = await listen(app, { host: '127.0.0.1', port: 0, portVariable: probedPort });
    });
    afterAll(async () => {
      await server.close(0);
    });

    const scraped = findManifest('ServiceMonitor', `vxt-${name}`)?.spec.endpoints[0];
    test.each([
      ['startup probe', container.startupProbe.httpGet],
      ['readiness probe', container.readinessProbe.httpGet],
      ['liveness probe', container.livenessProbe.httpGet],
      ['ServiceMonitor', scraped],
    ] as const)('then the %s finds its path and port', async (_what, { path, port }) => {
      expect((await fetch(`http://127.0.0.1:${server.port}${path}`)).status).toBe(200);
      const setting = all.find(({ variable }) => variable === probedPort);
      expect(container.ports).toContainEqual({ name: port, containerPort: setting?.default });
    });
    test('then liveness does not ask for readiness: a service that waits for Kafka is not to be killed', () => {
      expect(container.livenessProbe.httpGet.path).not.toBe(container.readinessProbe.httpGet.path);
    });
  });

  test('When its Service and its ServiceMonitor choose, then they find its pods and ports', () => {
    const service = findManifest('Service', `vxt-${name}`);
    const labels = workload?.spec.template.metadata.labels;
    expect(labels).toMatchObject(service?.spec.selector);
    expect(labels).toMatchObject(workload?.spec.selector.matchLabels);
    expect(labels).toMatchObject(findManifest('PodDisruptionBudget', `vxt-${name}`)?.spec.selector.matchLabels);
    expect(service?.metadata.labels).toMatchObject(
      findManifest('ServiceMonitor', `vxt-${name}`)?.spec.selector.matchLabels,
    );
    const ports = container.ports.map(({ name: port, containerPort }) => ({
      name: port,
      port: containerPort,
      targetPort: port,
    }));
    expect(service?.spec.ports).toEqual(ports);
  });

  test('When it is told to stop, then it has longer than it may take', () => {
    const stopsWithinMs = container.lifecycle.preStop.sleep.seconds * 1_000 + STOP_WITHIN_MS;
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(stopsWithinMs + 5_000);
  });

  test('When somebody breaks in, then he is not root, has no capability and writes to no file of the image', () => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false });
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});

test('When rules speak of a job, then it is a Service that a ServiceMonitor names', () => {
  const jobs = [...JSON.stringify(findManifest('PrometheusRule', 'vxt-call-events')).matchAll(/job=~?\\"([^"\\]+)/g)];
  expect(jobs.length).toBeGreaterThan(0);
  for (const [, job = ''] of jobs) {
    expect(findManifest('Service', job)).toBeDefined();
    expect(findManifest('ServiceMonitor', job)).toBeDefined();
  }
});

test('When call-metrics grows with its lag, then to one pod a partition and no further', () => {
  const partitions = findManifest('ConfigMap', 'vxt-call-events')?.data?.KAFKA_PARTITIONS;
  expect(findManifest('HorizontalPodAutoscaler', 'vxt-call-metrics')?.spec.maxReplicas).toBe(Number(partitions));
});

test('When a version is released, then the images are of that version', () => {
  const kustomization = manifests.find(({ file }) => file === 'kustomization.yaml')?.manifest;
  const images = new Map(kustomization?.images?.map(({ name, newTag }) => [name, newTag]));
  for (const { spec } of workloads)
    for (const { image } of spec.template.spec.containers) expect([image, images.get(image)]).toEqual([image, VERSION]);
});

test('When network policies let someone in, then it is to a port that a container has', () => {
  const ports = workloads.flatMap(({ spec }) =>
    spec.template.spec.containers.flatMap((container: Container) =>
      container.ports.flatMap((port) => [port.name, port.containerPort]),
    ),
  );
  const open = manifests
    .filter(({ manifest }) => manifest.kind === 'NetworkPolicy')
    .flatMap(({ manifest }) =>
      (manifest.spec.ingress ?? []).flatMap((rule: { ports: { port: unknown }[] }) =>
        rule.ports.map(({ port }) => port),
      ),
    );
  expect(open.length).toBeGreaterThan(0);
  for (const port of open) expect(ports).toContain(port);
});

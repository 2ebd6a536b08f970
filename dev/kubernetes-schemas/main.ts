/**
 * `node dev/kubernetes-schemas/main.ts`: writes the schemas that deploy/kubernetes is checked against, from the published sources of Kubernetes and of the
 * Prometheus operator (Go modules; needs Go). Run it to move to another version; the result is committed, so that the check needs no network.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { parse } from 'yaml';
import { closedSchema, type Schema } from './closed-schema.ts';

new Command('node dev/kubernetes-schemas/main.ts')
  .description(
    'Fetches the schemas that deploy/kubernetes is checked against and writes them to test/fixtures/kubernetes (needs Go).',
  )
  .parse();

const modules = {
  kubernetes: 'k8s.io/kubernetes@v1.34.1',
  operator: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
};

/** The kinds that the manifests use. */
const kinds: Readonly<Record<string, string>> = {
  'v1/Namespace': 'io.k8s.api.core.v1.Namespace',
  'v1/ConfigMap': 'io.k8s.api.core.v1.ConfigMap',
  'v1/Service': 'io.k8s.api.core.v1.Service',
  'v1/ServiceAccount': 'io.k8s.api.core.v1.ServiceAccount',
  'apps/v1/Deployment': 'io.k8s.api.apps.v1.Deployment',
  'apps/v1/StatefulSet': 'io.k8s.api.apps.v1.StatefulSet',
  'autoscaling/v2/HorizontalPodAutoscaler': 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'networking.k8s.io/v1/NetworkPolicy': 'io.k8s.api.networking.v1.NetworkPolicy',
  'policy/v1/PodDisruptionBudget': 'io.k8s.api.policy.v1.PodDisruptionBudget',
};
const customKinds = ['servicemonitors', 'prometheusrules'];

/** The folder with the module's sources. */
function download(module: string): string {
  const said: { Dir: string } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' }),
  );
  return said.Dir;
}

const file = join(import.meta.dirname, '../../test/fixtures/kubernetes/schemas.json');
const swagger: { definitions: Record<string, Schema> } = JSON.parse(
  readFileSync(join(download(modules.kubernetes), 'api/openapi-spec/swagger.json'), 'utf8'),
);
const definitions: Record<string, Schema> = {};
const queue = Object.values(kinds);
for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
  if (definitions[name] !== undefined) continue;
  const definition = swagger.definitions[name];
  if (definition === undefined) throw new Error(`${modules.kubernetes} has no ${name}`);
  definitions[name] = closedSchema(definition, (reference) => queue.push(reference));
}
const operator = download(modules.operator);
const custom = customKinds.map((plural) => {
  const path = join(operator, `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`);
  const { spec } = parse(readFileSync(path, 'utf8'));
  const [version] = spec.versions;
  const schema = closedSchema(version.schema.openAPIV3Schema, () => undefined);
  // What a custom resource definition leaves to Kubernetes itself.
  const metadata = { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
  const properties = { ...(schema.properties as Record<string, Schema>), metadata };
  return [`${spec.group}/${version.name}/${spec.names.kind}`, { ...schema, properties }] as const;
});
const schemas = {
  sources: modules,
  kinds: {
    ...Object.fromEntries(Object.entries(kinds).map(([kind, name]) => [kind, { $ref: `#/definitions/${name}` }])),
    ...Object.fromEntries(custom),
  },
  definitions,
};
writeFileSync(file, `${JSON.stringify(schemas)}\n`);
console.log(`${Object.keys(schemas.kinds).length} kinds, ${Object.keys(definitions).length} definitions in ${file}`);

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { prometheusRule, prometheusRuleFile } from '../../deploy/kubernetes/prometheus-rule.ts';
import { isKustomize, manifestDirectory, manifestFiles, manifests, workloads } from '../support/manifests.ts';

const named = manifests.map(
  ({ file, manifest }) => [file, manifest.kind, manifest.metadata?.name ?? '', manifest] as const,
);

describe('When a manifest is held against Kubernetes 1.34 and the Prometheus operator 0.85', () => {
  const published = readFileSync(join(import.meta.dirname, '../fixtures/kubernetes/schemas.json'), 'utf8');
  const { kinds, definitions, sources } = JSON.parse(published);
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validator = (kind: string): ValidateFunction => {
    if (kinds[kind] === undefined) throw new Error(`No schema of ${kind}: add it in dev/kubernetes-schemas`);
    return ajv.compile({ ...kinds[kind], definitions });
  };

  test('then the schemas are those of the versions named', () => {
    expect(sources).toEqual({
      kubernetes: expect.stringContaining('@v1.34.'),
      operator: expect.stringContaining('@v0.85.'),
    });
  });

  test.each(named.filter(([, , , manifest]) => !isKustomize(manifest)))(
    'then %s is valid: %s %s',
    (_file, _kind, _name, manifest) => {
      const validate = validator(`${manifest.apiVersion}/${manifest.kind}`);
      validate(manifest);
      expect(validate.errors ?? []).toEqual([]);
    },
  );

  test('then a word that Kubernetes does not know, or a wrong type, is not', () => {
    const [workload] = workloads;
    const spec = structuredClone(workload?.spec);
    spec.template.spec.containers[0].readinesProbe = {};
    spec.template.spec.terminationGracePeriodSeconds = 'long';
    const validate = validator('apps/v1/StatefulSet');
    validate({ ...workload, spec });
    expect(validate.errors?.map(({ instancePath }) => instancePath)).toEqual(
      expect.arrayContaining(['/spec/template/spec/containers/0', '/spec/template/spec/terminationGracePeriodSeconds']),
    );
  });
});

test('When kustomize names files, then all manifests are among them and no other', () => {
  const listed = manifestFiles
    .filter((name) => basename(name) === 'kustomization.yaml')
    .flatMap((name) => {
      const { resources } = parse(readFileSync(join(manifestDirectory, name), 'utf8'));
      return resources.map((one: string) => relative(manifestDirectory, join(manifestDirectory, name, '..', one)));
    });
  expect(listed.sort()).toEqual(manifestFiles.filter((name) => basename(name) !== 'kustomization.yaml'));
});

/** Who can build kustomizations here. */
const builder = [['kubectl', 'kustomize'] as const, ['kustomize', 'build'] as const].find(
  ([command]) => spawnSync(command, ['version', '--client']).error === undefined,
);

(builder === undefined ? test.skip : test)(
  'When kubectl or kustomize builds them with lag autoscaling, then replicas are the autoscaler’s',
  () => {
    const overlay = mkdtempSync(join(tmpdir(), 'vxt-kustomize-'));
    try {
      const base = relative(overlay, manifestDirectory);
      const parts = `resources: [${base}, ${base}/monitoring]\ncomponents: [${base}/autoscaling-on-lag]\n`;
      writeFileSync(join(overlay, 'kustomization.yaml'), parts);
      const [command, subcommand] = builder ?? ['kubectl', 'kustomize'];
      const built = parseAllDocuments(execFileSync(command, [subcommand, overlay], { encoding: 'utf8' })).map((one) =>
        one.toJS(),
      );
      expect(built).toHaveLength(manifests.filter(({ manifest }) => !isKustomize(manifest)).length);
      const deployment = built.find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'vxt-call-metrics',
      );
      expect(deployment.spec).not.toHaveProperty('replicas');
      for (const { kind, metadata } of built) if (kind !== 'Namespace') expect(metadata.namespace).toBe('vxt');
      for (const { spec } of built.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet'))
        expect(spec.template.spec.containers[0].image).toMatch(/^vxt-call-events\/[a-z-]+:\d+\.\d+\.\d+$/);
    } finally {
      rmSync(overlay, { recursive: true, force: true });
    }
  },
);

test('When the rules change, then the PrometheusRule is made anew (npm run manifests)', () => {
  expect(readFileSync(prometheusRuleFile, 'utf8')).toBe(prometheusRule());
});

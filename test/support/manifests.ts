import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** The folder of the manifests. */
export const manifestDirectory = join(import.meta.dirname, '../../deploy/kubernetes');

/** The parts of a manifest that the tests read. Schemas check the rest. */
export type Probe = Readonly<{ httpGet: Readonly<{ path: string; port: string }>; periodSeconds: number }>;
export type Container = Readonly<{
  name: string;
  image: string;
  ports: readonly Readonly<{ name: string; containerPort: number }>[];
  env: readonly Readonly<{ name: string; value: string }>[];
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
  lifecycle: Readonly<{ preStop: Readonly<{ sleep: Readonly<{ seconds: number }> }> }>;
  securityContext: Readonly<Record<string, unknown>>;
  volumeMounts: readonly Readonly<{ name: string; mountPath: string }>[];
}>;
export type PodSpec = Readonly<{
  terminationGracePeriodSeconds: number;
  securityContext: Readonly<Record<string, unknown>>;
  containers: readonly Container[];
  volumes: readonly Readonly<{ name: string; projected: { sources: { secret: { items: { path: string }[] } }[] } }>[];
}>;
// biome-ignore lint/suspicious/noExplicitAny: there are manifests of eleven kinds, and each test reads those it knows.
type OfItsKind = any;
export type Manifest = Readonly<{
  apiVersion: string;
  kind: string;
  metadata: OfItsKind;
  spec: OfItsKind;
  data?: Readonly<Record<string, string>>;
  /** Members of a kustomization. */
  images?: readonly Readonly<{ name: string; newTag: string }>[];
}>;

/** All manifest files and kustomizations, by path below `manifestDirectory`. */
export const manifestFiles = readdirSync(manifestDirectory, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .sort();
const manifestsOf = (name: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(join(manifestDirectory, name), 'utf8'), { uniqueKeys: true }).map((document) => {
    for (const error of document.errors) throw error;
    return document.toJS();
  });

/** All manifests, including kustomizations, each with its file. */
export const manifests = manifestFiles.flatMap((file) => manifestsOf(file).map((manifest) => ({ file, manifest })));
/** Whether kustomize reads it and it never reaches the cluster. */
export const isKustomize = ({ apiVersion }: Manifest): boolean => apiVersion.startsWith('kustomize.config.k8s.io/');
/** The manifests that create pods. */
export const workloads = manifests
  .map(({ manifest }) => manifest)
  .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
/** The manifest of this kind and name. */
export const findManifest = (kind: string, name: string): Manifest | undefined =>
  manifests.find(({ manifest }) => manifest.kind === kind && manifest.metadata?.name === name)?.manifest;

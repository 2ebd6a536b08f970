import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Where they lie. */
export const manifestDirectory = join(import.meta.dirname, '../../deploy/kubernetes');

/** The parts of a manifest that the tests read; the schemas judge the rest. */
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
// biome-ignore lint/suspicious/noExplicitAny: manifests of eleven kinds; each test reads those it knows.
type OfItsKind = any;
export type Manifest = Readonly<{
  apiVersion: string;
  kind: string;
  metadata: OfItsKind;
  spec: OfItsKind;
  data?: Readonly<Record<string, string>>;
  /** Of a kustomization. */
  images?: readonly Readonly<{ name: string; newTag: string }>[];
}>;

/** Every manifest file and kustomization, by its path below `manifestDirectory`. */
export const manifestFiles = readdirSync(manifestDirectory, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .sort();
const manifestsOf = (name: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(join(manifestDirectory, name), 'utf8'), { uniqueKeys: true }).map((document) => {
    for (const error of document.errors) throw error;
    return document.toJS();
  });

/** All of them, kustomizations too, each with its file. */
export const manifests = manifestFiles.flatMap((file) => manifestsOf(file).map((manifest) => ({ file, manifest })));
/** Whether it is read by kustomize and never reaches the cluster. */
export const isKustomize = ({ apiVersion }: Manifest): boolean => apiVersion.startsWith('kustomize.config.k8s.io/');
/** What makes pods. */
export const workloads = manifests
  .map(({ manifest }) => manifest)
  .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
/** The one of this kind and name. */
export const findManifest = (kind: string, name: string): Manifest | undefined =>
  manifests.find(({ manifest }) => manifest.kind === kind && manifest.metadata?.name === name)?.manifest;

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const rules = join(import.meta.dirname, '../prometheus');

/** Where the manifest lies. */
export const prometheusRuleFile = join(import.meta.dirname, 'monitoring/prometheus-rule.yaml');

/** The rules of deploy/prometheus as a PrometheusRule, in YAML. */
export function prometheusRule(): string {
  const files = readdirSync(rules).filter((name) => name.endsWith('.rules.yml'));
  const groups = files.flatMap((name) => parse(readFileSync(join(rules, name), 'utf8')).groups);
  const manifest = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'vxt-call-events' },
    spec: { groups },
  };
  return `# Made from deploy/prometheus/*.rules.yml by \`npm run manifests\`.\n${stringify(manifest, { lineWidth: 0 })}`;
}

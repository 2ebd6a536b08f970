/** `npm run manifests`: writes the manifests that are made from other files. */
import { writeFileSync } from 'node:fs';
import { prometheusRule, prometheusRuleFile } from '../prometheus-rule.ts';

writeFileSync(prometheusRuleFile, prometheusRule());

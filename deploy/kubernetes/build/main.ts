/** `npm run manifests`: writes the manifests that are made from other files. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { prometheusRule, prometheusRuleFile } from '../prometheus-rule.ts';

new Command('npm run manifests').description('Writes the manifests that are made from other files.').parse();

writeFileSync(prometheusRuleFile, prometheusRule());

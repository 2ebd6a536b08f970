import { operationInWords, type Right } from './acls.ts';

/** The rows of the README's table of rights: one for each resource of a principal, in the script's order. */
export function aclTable(rights: readonly Right[]): readonly string[] {
  const rows = new Map<string, string[]>();
  for (const { principal, resource, pattern, name, operation } of rights) {
    const service = principal.replace('User:', '');
    const key = `| ${service} | ${resource} | ${pattern.toLowerCase()} | \`${name}\` |`;
    const said = operationInWords({ operation });
    rows.set(key, [...(rows.get(key) ?? []), operation === 'CREATE' ? '(Create)' : said]);
  }
  return [...rows].map(([key, operations]) => `${key} ${operations.join(', ')} |`);
}

import { callMetricsDashboard } from './call-metrics-dashboard.ts';
import type { Dashboard } from './dashboard-definition.ts';
import { pipelineDashboard } from './pipeline-dashboard.ts';
import { substituteVariables } from './substitute-variables.ts';

/** What became of one query against a running Prometheus. */
export type Checked = Readonly<{
  where: string;
  query: string;
  /** Series it returned; null where Prometheus refused it. */
  series: number | null;
  /** What is wrong, or null. */
  problem: string | null;
}>;

type Answer = Readonly<{ status: string; error?: string; data?: Readonly<{ result?: readonly unknown[] }> }>;
type RuleGroups = Readonly<{
  data: Readonly<{ groups: readonly Readonly<{ rules: readonly Rule[] }>[] }>;
}>;
type Rule = Readonly<{ type: string; name: string; query: string; health: string; lastError?: string }>;

/** Runs every query of every panel, and looks at every rule Prometheus evaluates. An empty answer is a problem, except where no data is the good case, as it is of alerts. */
export async function checkQueries(prometheusUrl: string): Promise<readonly Checked[]> {
  const panels = [callMetricsDashboard, pipelineDashboard].flatMap(queriesOf);
  const checked: Checked[] = [];
  for (const { where, query, mayBeEmpty } of panels) checked.push(await ask(prometheusUrl, where, query, mayBeEmpty));
  const rules = (await getJson(`${prometheusUrl}/api/v1/rules`)) as RuleGroups;
  for (const rule of rules.data.groups.flatMap((group) => group.rules)) {
    const result = await ask(prometheusUrl, `rule ${rule.name}`, rule.query, rule.type === 'alerting');
    checked.push(
      rule.health === 'err' ? { ...result, problem: rule.lastError ?? 'Prometheus reports an error' } : result,
    );
  }
  return checked;
}

const queriesOf = ({ title: dashboard, rows }: Dashboard) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries, mayBeEmpty = false }) =>
      queries.map(({ expr, legend }) => ({
        where: `${dashboard} › ${title} › ${legend}`,
        query: substituteVariables(expr),
        mayBeEmpty,
      })),
    ),
  );

async function ask(prometheusUrl: string, where: string, query: string, mayBeEmpty: boolean): Promise<Checked> {
  const answer = (await getJson(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`)) as Answer;
  if (answer.status !== 'success') return { where, query, series: null, problem: answer.error ?? 'refused' };
  const series = answer.data?.result?.length ?? 0;
  return { where, query, series, problem: series === 0 && !mayBeEmpty ? 'no data' : null };
}

const getJson = async (url: string): Promise<unknown> => (await fetch(url)).json();

/** The value of a series that a service exposes, such as `vxt_ready` or `vxt_outcomes_total{outcome="applied"}`; null where there is none. */
export async function metricOf(adminUrl: string, series: string): Promise<number | null> {
  const metrics = await fetch(`${adminUrl}/metrics`).then((response) => response.text());
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

/** How many tasks of a call-metrics were fenced so far. */
export const fencedTasks = (adminUrl: string): Promise<number | null> =>
  metricOf(adminUrl, 'vxt_projection_tasks_lost_total{reason="fenced"}');

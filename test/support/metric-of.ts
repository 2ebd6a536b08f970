/** The value of a metric without labels on a service's /metrics. Null if there is none. */
export async function metricOf(adminUrl: string, name: string): Promise<number | null> {
  const metrics = await fetch(`${adminUrl}/metrics`).then((response) => response.text());
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1];
  return value === undefined ? null : Number(value);
}

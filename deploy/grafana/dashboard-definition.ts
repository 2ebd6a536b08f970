/**
 * What our dashboards say, apart from how Grafana writes it down: build/ turns a definition into Grafana's JSON,
 * check-queries/ runs its queries against Prometheus. Queries may use `$user`, `$window`, `$__range` and `$__rate_interval`.
 */
export type Dashboard = Readonly<{
  /** Part of the address; never changes. */
  uid: string;
  title: string;
  description: string;
  /** Whether it has the variables `user` and `window`. */
  hasVariables: boolean;
  /** Default time range, as Grafana writes it: `now-24h`. */
  from: string;
  rows: readonly Readonly<{ title: string; panels: readonly Panel[] }>[];
}>;

/** Units by Grafana's ids. */
export type Unit = 'short' | 'percentunit' | 's' | 'reqps' | 'bytes' | 'none';

export type Panel = Readonly<{
  kind: 'stat' | 'timeseries' | 'bars' | 'heatmap' | 'table';
  title: string;
  /** The definition of what is shown. */
  description: string;
  unit: Unit;
  /** Of 24 columns. */
  width: number;
  height: number;
  /** What is shown where there is nothing yet. */
  empty: string;
  queries: readonly Query[];
  /** Whether no data is the good case, so that check-queries accepts it. */
  mayBeEmpty?: boolean;
}>;

/** In a table each query is a column named by its legend, joined by `user_uid`. */
export type Query = Readonly<{ expr: string; legend: string; unit?: Unit }>;

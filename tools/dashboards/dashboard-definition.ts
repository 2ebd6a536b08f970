/**
 * The content of a dashboard, independent of Grafana's format: build/ turns it into Grafana's JSON, check-queries/ runs its queries against Prometheus. Queries may use
 * `$user`, `$window`, `$__range` and `$__rate_interval`.
 */
export type Dashboard = Readonly<{
  /** Part of the URL; never changes. */
  uid: string;
  title: string;
  description: string;
  /** Whether it has the variables `user` and `window`. */
  hasVariables: boolean;
  /** Start of the default time range, in Grafana's notation: `now-24h`. */
  from: string;
  rows: readonly Readonly<{ title: string; panels: readonly Panel[] }>[];
}>;

/** Units, with Grafana's ids. */
export type Unit = 'short' | 'percentunit' | 's' | 'reqps' | 'bytes' | 'none';

export type Panel = Readonly<{
  kind: 'stat' | 'timeseries' | 'bars' | 'heatmap' | 'table';
  title: string;
  /** Defines what the panel shows. */
  description: string;
  unit: Unit;
  /** In columns, of which a dashboard has 24. */
  width: number;
  height: number;
  /** The text shown when there is no data. */
  empty: string;
  queries: readonly Query[];
  /** Whether no data is the good case, which check-queries then accepts. */
  mayBeEmpty?: boolean;
}>;

/** In a table, each query is a column titled with its legend; columns are joined by `user_uid`. */
export type Query = Readonly<{ expr: string; legend: string; unit?: Unit }>;

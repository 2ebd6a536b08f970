import type { Dashboard, Panel, Query } from './dashboard-definition.ts';

const panel = (
  kind: Panel['kind'],
  title: string,
  description: string,
  unit: Panel['unit'],
  queries: readonly Query[],
  more: Partial<Panel> = {},
): Panel => ({
  kind,
  title,
  description,
  unit,
  width: 8,
  height: 7,
  empty: 'No data: is the service scraped?',
  queries,
  ...more,
});
const good: Partial<Panel> = { empty: 'None: good', mayBeEmpty: true };
const rate = (metric: string, by: string, labels = ''): string =>
  `sum by (${by}) (rate(${metric}${labels}[$__rate_interval]))`;
const quantiles = (metric: string): readonly Query[] =>
  [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${rate(`${metric}_bucket`, 'le')})`,
    legend: `${quantile * 100} %`,
  }));

/** For those who run the pipeline. Each replica of ingress and call-metrics counts its own work, so these are sums. */
export const pipelineDashboard: Dashboard = {
  uid: 'vxt-pipeline',
  title: 'Pipeline',
  description: 'Whether webhooks get in, get counted and get shown: rate, errors and duration of each service.',
  hasVariables: false,
  from: 'now-3h',
  rows: [
    {
      title: 'Alive?',
      panels: [
        panel(
          'stat',
          'Services up',
          'Targets that answered the last scrape, by service.',
          'none',
          [{ expr: 'sum by (job) (up{job=~"vxt-.*"})', legend: '{{job}}' }],
          { height: 4 },
        ),
        panel(
          'stat',
          'Ready',
          'Share of the committed table call-metrics has read since its start; Kafka’s answer to every lane of the ingress.',
          'percentunit',
          [
            { expr: 'min(vxt_projection_restore_ratio)', legend: 'restored' },
            { expr: 'min(vxt_publish_up)', legend: 'Kafka answers the ingress' },
          ],
          { height: 4 },
        ),
        panel(
          'stat',
          'Builds',
          'What runs, by service, version and Node.',
          'none',
          [
            {
              expr: 'count by (service, version, node) (vxt_build_info)',
              legend: '{{service}} {{version}} on Node {{node}}',
            },
          ],
          { height: 4 },
        ),
      ],
    },
    {
      title: 'Ingress: webhooks in',
      panels: [
        panel(
          'timeseries',
          'Webhooks',
          'Requests by what became of them. 202 is `accepted`: on all in-sync replicas or on the synced spool.',
          'reqps',
          [{ expr: rate('vxt_webhooks_total', 'event, outcome'), legend: '{{event}} {{outcome}}' }],
        ),
        panel('timeseries', 'Refused', 'Requests answered with anything but 202, and wrong tokens.', 'reqps', [
          { expr: rate('vxt_webhooks_total', 'outcome', '{outcome!="accepted"}'), legend: '{{outcome}}' },
          { expr: 'sum(rate(vxt_webhook_auth_failures_total[$__rate_interval]))', legend: 'wrong token' },
        ]),
        panel(
          'timeseries',
          'Time to answer',
          'From the first byte of a request to its answer.',
          's',
          quantiles('vxt_webhook_duration_seconds'),
        ),
        panel(
          'timeseries',
          'Time to publish',
          'From sending a batch to its acknowledgement by all in-sync replicas.',
          's',
          quantiles('vxt_publish_duration_seconds'),
        ),
        panel('timeseries', 'Queue', 'Webhooks in memory that wait for Kafka.', 'short', [
          { expr: 'sum(vxt_publish_queue_records)', legend: 'webhooks' },
        ]),
        panel(
          'timeseries',
          'Spool',
          'Webhooks on the ingress’s disk that wait for Kafka, where a spool is configured.',
          'short',
          [{ expr: 'sum(vxt_spool_records)', legend: 'webhooks' }],
          { empty: 'No spool configured', mayBeEmpty: true },
        ),
        panel(
          'timeseries',
          'Sent again',
          'Records that may be in the log twice (readers count them once), and producers renewed.',
          'reqps',
          [
            { expr: 'sum(rate(vxt_publish_resends_total[$__rate_interval]))', legend: 'records' },
            { expr: rate('vxt_publish_producer_renewals_total', 'reason'), legend: 'producers: {{reason}}' },
          ],
        ),
        panel(
          'timeseries',
          'Unrecognised',
          'Webhooks that no schema holds, kept byte for byte: VXT may have changed its contract.',
          'reqps',
          [{ expr: rate('vxt_webhooks_unrecognised_total', 'reason'), legend: '{{reason}}' }],
        ),
      ],
    },
    {
      title: 'Projection: webhooks counted',
      panels: [
        panel('timeseries', 'Events', 'Records whose transaction is committed, by what became of them.', 'reqps', [
          { expr: rate('vxt_projection_events_total', 'topic, outcome'), legend: '{{topic}} {{outcome}}' },
        ]),
        panel(
          'timeseries',
          'Behind, in seconds',
          'Age of the last record folded while others wait, by log time; else 0.',
          's',
          [{ expr: 'max by (topic) (vxt_projection_lag_seconds)', legend: '{{topic}}' }],
        ),
        panel('timeseries', 'Behind, in records', 'Records that wait to be folded.', 'short', [
          { expr: 'sum by (topic) (vxt_projection_lag_records)', legend: '{{topic}}' },
        ]),
        panel(
          'timeseries',
          'Time to commit',
          'From the beginning of a transaction to its end.',
          's',
          quantiles('vxt_projection_commit_duration_seconds'),
        ),
        panel(
          'timeseries',
          'Dead letters and conflicts',
          'Records that cannot be read; ids that came again with other content.',
          'reqps',
          [
            {
              expr: rate('vxt_projection_events_total', 'topic, outcome', '{outcome=~"dead_letter|conflict"}'),
              legend: '{{topic}} {{outcome}}',
            },
          ],
        ),
        panel(
          'timeseries',
          'Tasks',
          'Partitions by what their replica is doing, and tasks that were thrown away and restored.',
          'short',
          [
            { expr: 'sum by (phase) (vxt_projection_tasks)', legend: '{{phase}}' },
            {
              expr: 'sum by (reason) (increase(vxt_projection_tasks_lost_total[$__rate_interval]))',
              legend: 'lost: {{reason}}',
            },
          ],
        ),
        panel(
          'timeseries',
          'Time to restore',
          'From the fence of a task to its first fetch.',
          's',
          quantiles('vxt_projection_restore_duration_seconds'),
          {
            empty: 'Nothing was restored in this time',
            mayBeEmpty: true,
          },
        ),
        panel('timeseries', 'State', 'Records of the table and ids remembered, in memory.', 'short', [
          { expr: 'sum by (kind) (vxt_projection_state_entries)', legend: '{{kind}}' },
        ]),
      ],
    },
    {
      title: 'Exporter: counts shown',
      panels: [
        panel('timeseries', 'Offsets behind', 'Offsets of the table that each replica has not read.', 'short', [
          { expr: 'vxt_exporter_lag_records', legend: '{{instance}}' },
        ]),
        panel(
          'timeseries',
          'Subjects',
          'Users, numbers and unassigned partitions with totals; users that share `other`.',
          'short',
          [
            { expr: 'max(vxt_exporter_table_subjects)', legend: 'subjects' },
            { expr: 'max(vxt_users_in_other)', legend: 'in other' },
          ],
        ),
        panel('timeseries', 'Undecodable', 'Records of the table that could not be read.', 'short', [
          { expr: 'sum(increase(vxt_exporter_undecodable_records_total[$__rate_interval]))', legend: 'undecodable' },
        ]),
      ],
    },
    {
      title: 'Processes',
      panels: [
        panel('timeseries', 'Event loop delay', '99th percentile of the event loop’s delay, by process.', 's', [
          { expr: 'nodejs_eventloop_lag_p99_seconds{job=~"vxt-.*"}', legend: '{{job}} {{instance}}' },
        ]),
        panel(
          'timeseries',
          'Errors of Kafka and the registry',
          'Problems with brokers as the client reports them, most of which pass at its next attempt; requests to the schema registry that failed.',
          'reqps',
          [
            { expr: rate('vxt_kafka_errors_total', 'job'), legend: '{{job}}: Kafka' },
            { expr: rate('vxt_schema_registry_errors_total', 'job'), legend: '{{job}}: registry' },
          ],
        ),
        panel('timeseries', 'Memory', 'Resident memory, by process.', 'bytes', [
          { expr: 'process_resident_memory_bytes{job=~"vxt-.*"}', legend: '{{job}} {{instance}}' },
        ]),
        panel(
          'timeseries',
          'Alerts',
          'Alerts that fire.',
          'short',
          [{ expr: 'count by (alertname) (ALERTS{alertstate="firing", alertname=~"Vxt.*"})', legend: '{{alertname}}' }],
          good,
        ),
      ],
    },
  ],
};

import * as common from '@grafana/grafana-foundation-sdk/common';
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Dashboard, Panel, Query } from './dashboard-definition.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable, not ours.
const datasource = { type: 'prometheus', uid: '${datasource}' };
const option = (value: string, text = value): grafana.VariableOption => ({ text, value, selected: false });

/** A definition as Grafana's dashboard JSON. */
export function toGrafana(definition: Dashboard): grafana.Dashboard {
  const builder = new grafana.DashboardBuilder(definition.title)
    .uid(definition.uid)
    .description(definition.description)
    .tags(['vxt'])
    .timezone('browser')
    .time({ from: definition.from, to: 'now' })
    .refresh('30s')
    .tooltip(grafana.DashboardCursorSync.Crosshair)
    .readonly()
    .link(
      new grafana.DashboardLinkBuilder('VXT').type(grafana.DashboardLinkType.Dashboards).tags(['vxt']).keepTime(true),
    )
    .withVariable(new grafana.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  if (definition.hasVariables) builder.withVariable(userVariable()).withVariable(windowVariable());
  for (const { title, panels } of definition.rows) {
    builder.withRow(new grafana.RowBuilder(title));
    for (const panel of panels) builder.withPanel(toPanel(panel));
  }
  return builder.build();
}

const userVariable = () =>
  new grafana.QueryVariableBuilder('user')
    .label('User')
    .query('label_values(vxt_calls_total, user_uid)')
    .datasource(datasource)
    .refresh(grafana.VariableRefresh.OnTimeRangeChanged)
    .sort(grafana.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current(option('$__all', 'All'));

const windowVariable = () =>
  new grafana.CustomVariableBuilder('window')
    .label('Window')
    .values('5m,15m,1h,6h,1d')
    .options(['5m', '15m', '1h', '6h', '1d'].map((value) => option(value)))
    .current(option('1h'));

function target({ expr, legend }: Query, index: number, panel: Panel): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .datasource(datasource)
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .expr(expr)
    .legendFormat(legend);
  if (panel.kind === 'table') return query.instant().format(PromQueryFormat.Table);
  if (panel.kind === 'stat') return query.instant();
  return panel.kind === 'heatmap' ? query.range().format(PromQueryFormat.Heatmap) : query.range();
}

function toPanel(panel: Panel) {
  return builderOf(panel)
    .title(panel.title)
    .description(panel.description)
    .datasource(datasource)
    .unit(panel.unit)
    .noValue(panel.empty)
    .span(panel.width)
    .height(panel.height)
    .targets(panel.queries.map((query, index) => target(query, index, panel)));
}

function builderOf(panel: Panel): StatBuilder | TimeseriesBuilder | HeatmapBuilder | TableBuilder {
  switch (panel.kind) {
    case 'stat':
      return new StatBuilder()
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
        .graphMode(common.BigValueGraphMode.None);
    case 'timeseries':
      return new TimeseriesBuilder().min(0).legend(legend());
    case 'bars':
      return new TimeseriesBuilder()
        .min(0)
        .legend(legend())
        .drawStyle(common.GraphDrawStyle.Bars)
        .fillOpacity(60)
        .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
    case 'heatmap':
      return new HeatmapBuilder().calculate(false);
    case 'table':
      return table(panel);
  }
}

const legend = () =>
  new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true);

/** One line per user: the queries joined by `user_uid`, each value column called by its legend; a click shows that user alone. */
function table(panel: Panel): TableBuilder {
  const columns = panel.queries.map(({ legend }, index) => [`Value #${String.fromCharCode(65 + index)}`, legend]);
  const builder = new TableBuilder()
    .withTransformation({ id: 'joinByField', options: { byField: 'user_uid', mode: 'outer' } })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(panel.queries.map((_, index) => [`Time ${index + 1}`, true])),
        renameByName: { user_uid: 'User', ...Object.fromEntries(columns) },
      },
    })
    .overrideByName('User', [
      {
        id: 'links',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variables, not ours.
        value: [{ title: 'Only this user', url: '/d/vxt-call-metrics?var-user=${__value.raw}&${__url_time_range}' }],
      },
    ]);
  for (const { legend, unit } of panel.queries) {
    if (unit !== undefined) builder.overrideByName(legend, [{ id: 'unit', value: unit }]);
  }
  return builder;
}

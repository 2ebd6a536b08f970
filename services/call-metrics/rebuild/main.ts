/** `npm run rebuild`: see rebuild.ts. Settings come from the environment, as for call-metrics. */
import { SingleBar } from 'cli-progress';
import { readSettingGroups } from '../../shared/config/settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { callMetricsSettings } from '../config.ts';
import { rebuild } from './rebuild.ts';

const BAR_CELLS = 40;
const bar = new SingleBar({
  format: (_options, { progress, value, total, eta }) => {
    const full = Math.round(progress * BAR_CELLS);
    const left = Number.isFinite(Number(eta)) ? `, about ${Math.round(Number(eta))} s left` : '';
    return `rebuilding [${'='.repeat(full)}${'-'.repeat(BAR_CELLS - full)}] ${value}/${total} records${left}`;
  },
  noTTYOutput: true,
  notTTYSchedule: 2_000,
});
let barStarted = false;
const stopBar = (): void => {
  if (barStarted) bar.stop();
  barStarted = false;
};

try {
  const { kafka, registry, rules } = callMetricsSettings;
  const config = readSettingGroups({ kafka, registry, rules }, process.env);
  const report = await rebuild(config, createLogger('rebuild', 'silent'), {
    progress: (folded, total) => {
      if (!barStarted) bar.start(total, folded);
      barStarted = true;
      bar.setTotal(total);
      bar.update(folded);
    },
    comparison: ({ keys, changed, smaller }) => {
      stopBar();
      console.log(`${changed} of ${keys} keys will change`);
      if (smaller > 0)
        console.log(
          `${smaller} lifetimes become smaller under these settings: the counters of these subjects will fall`,
        );
    },
  });
  console.log(`${report.partitions} partitions published`);
  console.log(`totals before ${report.hashBefore}`);
  console.log(`totals after  ${report.hashAfter}`);
  process.exit(0);
} catch (error) {
  stopBar();
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

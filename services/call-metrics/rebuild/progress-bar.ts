import { SingleBar } from 'cli-progress';

const BAR_CELLS = 40;

/** A bar for people; where there is no terminal, a line every 2 s. */
export function createProgressBar() {
  const bar = new SingleBar({
    format: (_options, { progress, value, total, eta }) => {
      const full = Math.round(progress * BAR_CELLS);
      const left = Number.isFinite(Number(eta)) ? `, about ${Math.round(Number(eta))} s left` : '';
      return `rebuilding [${'='.repeat(full)}${'-'.repeat(BAR_CELLS - full)}] ${value}/${total} records${left}`;
    },
    noTTYOutput: true,
    notTTYSchedule: 2_000,
  });
  let started = false;
  return {
    show: (done: number, total: number): void => {
      if (!started) bar.start(total, done);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    stop: (): void => {
      if (started) bar.stop();
      started = false;
    },
  };
}

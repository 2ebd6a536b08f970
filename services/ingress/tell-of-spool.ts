import { partsOf } from '../shared/kafka/publisher/outgoing-record.ts';
import { errorFields, type LogFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import type { SpoolObserver } from '../shared/spool/spool-observer.ts';

const EVERY_MS = 60_000;

type State = Readonly<{ records: number; bytes: number; oldestAgeMs: number | null }>;

/** What the log says of the spools of a process: that spooling began and ended, once a minute how much waits meanwhile, and each problem of the disk. */
export function tellOfSpool(logger: Logger, resent: (records: number) => void): SpoolObserver {
  const summary = summaryOf(logger);
  let beganMs: number | null = null;
  return {
    began: () => {
      beganMs = performance.now();
      logger.warn('spooling-began', { hint: 'Webhooks are answered 202 from the local disk until Kafka takes them' });
    },
    ended: () => {
      logger.info('spooling-ended', { durationMs: Math.round(performance.now() - (beganMs ?? performance.now())) });
    },
    failed: (what, error) => summary.error(`spool-${what}-failed`, '', errorFields(error)),
    setAside: (place, bytes) => {
      const { topic, partition } = partsOf(place);
      const hint = 'The topic takes no record of this size: raise its max.message.bytes, then restart the ingress';
      summary.error('spool-record-refused', topic, { topic, partition, bytes, hint });
    },
    resent,
    found: (_path, { damagedBytes, unfinishedBytes }) => {
      if (unfinishedBytes > 0)
        logger.warn('spool-tail-dropped', {
          bytes: unfinishedBytes,
          problem: 'The last write had not ended, so nothing in it was acknowledged',
        });
      if (damagedBytes > 0)
        logger.error('spool-damaged', {
          bytes: damagedBytes,
          hint: 'The disk changed or lost what was stored. What is whole is sent; the file is kept as *.damaged',
        });
    },
  };
}

/** Once a minute, while anything waits, how much. Ended by what it returns. */
export function tellWhatWaits(logger: Logger, state: () => State): () => void {
  const timer = setInterval(() => {
    const { records, bytes, oldestAgeMs } = state();
    const fields: LogFields = { records, bytes, lagMs: Math.round(oldestAgeMs ?? 0) };
    if (records > 0) logger.warn('spooling', fields);
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

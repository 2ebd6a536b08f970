import { partsOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import { errorFields, type LogFields, type Logger } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';
import type { SpoolObserver } from './spool-observer.ts';

const REPORT_MS = 60_000;

type State = Readonly<{ records: number; bytes: number; oldestAgeMs: number | null }>;

/** Logs when spooling begins and ends, and every disk problem. */
export function reportSpool(logger: Logger, resent: (records: number) => void): SpoolObserver {
  const summary = summaryOf(logger);
  let beganMs: number | null = null;
  return {
    began: () => {
      beganMs = performance.now();
      logger.warn('spooling-began', {
        hint: 'Webhooks are stored on the local disk and answered 202 until Kafka is available',
      });
    },
    ended: () => {
      logger.info('spooling-ended', { durationMs: Math.round(performance.now() - (beganMs ?? performance.now())) });
    },
    failed: (what, error) => summary.error(`spool-${what}-failed`, '', errorFields(error)),
    setAside: (place, bytes) => {
      const { topic, partition } = partsOf(place);
      const hint = 'The topic accepts no record of this size: raise its max.message.bytes, then restart the ingress';
      summary.error('spool-record-refused', topic, { topic, partition, bytes, hint });
    },
    resent,
    leftovers: (_path, { damagedBytes, unfinishedBytes }) => {
      if (unfinishedBytes > 0)
        logger.warn('spool-tail-dropped', {
          bytes: unfinishedBytes,
          problem: 'The last write was interrupted, so nothing in it was acknowledged',
        });
      if (damagedBytes > 0)
        logger.error('spool-damaged', {
          bytes: damagedBytes,
          hint: 'The disk lost or changed stored records. Intact ones are sent; the file is kept as *.damaged',
        });
    },
  };
}

/** Logs the backlog once a minute while there is one, until the returned function is called. */
export function reportBacklog(logger: Logger, state: () => State): () => void {
  const timer = setInterval(() => {
    const { records, bytes, oldestAgeMs } = state();
    const fields: LogFields = { records, bytes, lagMs: Math.round(oldestAgeMs ?? 0) };
    if (records > 0) logger.warn('spooling', fields);
  }, REPORT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

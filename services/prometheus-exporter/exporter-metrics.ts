import type { TableReader } from '../shared/kafka/table-reader/table-reader.ts';
import { registerAbsoluteHistogram, registerAbsoluteMetric } from '../shared/observability/absolute-metrics.ts';
import { Counter, type Registry } from '../shared/observability/prometheus.ts';
import type { HistogramSample, Sample } from '../shared/observability/sample.ts';
import type { Exposition } from './domain/lifetime-table.ts';
import * as samples from './domain/samples.ts';

/**
 * Registers the metrics that other teams' dashboards rely on. All values are totals read from the table at each scrape,
 * so a restart, a second replica or a rebuild never resets or doubles them.
 */
export function registerCallMetrics(registry: Registry, exposition: () => Exposition, withEmails: boolean): void {
  const counter = (name: string, help: string, read: (shown: Exposition) => readonly Sample[]): void =>
    registerAbsoluteMetric(registry, 'counter', { name, help, read: () => read(exposition()) });
  const gauge = (name: string, help: string, read: (shown: Exposition) => readonly Sample[]): void =>
    registerAbsoluteMetric(registry, 'gauge', { name, help, read: () => read(exposition()) });
  const histogram = (name: string, help: string, read: (shown: Exposition) => readonly HistogramSample[]): void =>
    registerAbsoluteHistogram(registry, { name, help, read: () => read(exposition()) });

  counter('vxt_calls_total', 'Finished calls by direction and result.', samples.calls);
  counter('vxt_conference_calls_total', 'Calls with more than one other party.', samples.conferenceCalls);
  counter(
    'vxt_call_talk_seconds_total',
    'Talk time of answered calls (hang-up minus answer), summed.',
    samples.talkSeconds,
  );
  counter(
    'vxt_call_answer_seconds_total',
    'Speed of answer of answered calls (answer minus start), summed.',
    samples.answerSeconds,
  );
  counter(
    'vxt_calls_clock_skewed_total',
    'Answered calls whose timestamps run backwards: counted, but in no sum of seconds.',
    samples.clockSkewed,
  );
  counter(
    'vxt_calls_implausible_total',
    'Calls with impossible times or a duration over 24 h: counted, but in no sum of seconds, no day and no last call.',
    samples.implausibleCalls,
  );
  counter('vxt_voicemails_total', 'Voicemails left.', samples.voicemails);
  counter('vxt_voicemail_duration_seconds_total', 'Duration of voicemails, summed.', samples.voicemailSeconds);
  counter('vxt_voicemails_transcribed_total', 'Voicemails with a transcription.', samples.voicemailsTranscribed);
  counter(
    'vxt_voicemails_implausible_total',
    'Voicemails with an impossible time or a duration over 24 h: counted, but in no sum, no day and no last voicemail.',
    samples.implausibleVoicemails,
  );
  counter(
    'vxt_late_events_total',
    'Events for a day that was already closed: in the totals, but in no day.',
    samples.lateEvents,
  );
  histogram(
    'vxt_call_answer_duration_seconds',
    'Speed of answer of answered calls, over all users.',
    samples.answerHistograms,
  );
  histogram('vxt_call_talk_duration_seconds', 'Talk time of answered calls, over all users.', samples.talkHistograms);
  gauge('vxt_last_event_timestamp_seconds', 'When the newest event happened, by its own time.', samples.lastEvent);
  gauge(
    'vxt_users_in_other',
    'Users beyond the series limit: their totals are summed under user_uid="other".',
    samples.usersInOther,
  );
  if (withEmails) gauge('vxt_user_info', 'The e-mail address of a user; always 1.', samples.userInfo);
}

/** Counts records of the table that are left out. */
export function createUndecodableCounter(registry: Registry): () => void {
  const counter = new Counter({
    name: 'vxt_exporter_undecodable_records_total',
    help: 'Table records that are left out because they could not be decoded or have the wrong key.',
    registers: [registry],
  });
  return () => counter.inc();
}

/** Exposes whether the exporter is up to date with its table. */
export function exposeReader(registry: Registry, reader: TableReader, rows: () => number): void {
  registerAbsoluteMetric(registry, 'gauge', {
    name: 'vxt_exporter_lag_records',
    help: 'Offsets of the table still to be read. If it stays above 0, the exposed totals are out of date.',
    read: () => {
      const lag = reader.lag();
      return lag === null ? [] : [{ labels: {}, value: lag }];
    },
  });
  registerAbsoluteMetric(registry, 'gauge', {
    name: 'vxt_exporter_table_subjects',
    help: 'Users, numbers and unassigned partitions with totals.',
    read: () => [{ labels: {}, value: rows() }],
  });
}

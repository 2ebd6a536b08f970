import type { TableReader } from '../shared/kafka/table-reader.ts';
import { registerAbsoluteHistogram, registerAbsoluteMetric } from '../shared/observability/absolute-metrics.ts';
import { Counter, type Registry } from '../shared/observability/prometheus.ts';
import type { HistogramSample, Sample } from '../shared/observability/sample.ts';
import type { Exposition } from './domain/lifetime-table.ts';
import * as samples from './domain/samples.ts';

/**
 * Registers what other teams' dashboards rely on. All values are totals read from the table at the scrape, so that a
 * restart, a second replica or a rebuild never resets or doubles them.
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
    'Talk time: hang-up minus answer, answered calls, summed.',
    samples.talkSeconds,
  );
  counter(
    'vxt_call_answer_seconds_total',
    'Speed of answer: answer minus start, answered calls, summed.',
    samples.answerSeconds,
  );
  counter(
    'vxt_calls_clock_skewed_total',
    'Answered calls whose timestamps run backwards: counted, but in no sum of seconds.',
    samples.clockSkewed,
  );
  counter(
    'vxt_calls_implausible_total',
    'Calls whose times cannot be, or that lasted over 24 h: counted, but in no sum of seconds, no day and no last call.',
    samples.implausibleCalls,
  );
  counter('vxt_voicemails_total', 'Voicemails left.', samples.voicemails);
  counter('vxt_voicemail_duration_seconds_total', 'Duration of voicemails, summed.', samples.voicemailSeconds);
  counter('vxt_voicemails_transcribed_total', 'Voicemails with a transcription.', samples.voicemailsTranscribed);
  counter(
    'vxt_voicemails_implausible_total',
    'Voicemails whose time cannot be, or that last over 24 h: counted, but in no sum, no day and no last voicemail.',
    samples.implausibleVoicemails,
  );
  counter(
    'vxt_late_events_total',
    'Events for a day that was closed already: in the totals, in no day.',
    samples.lateEvents,
  );
  histogram(
    'vxt_call_answer_duration_seconds',
    'Speed of answer over all users, answered calls.',
    samples.answerHistograms,
  );
  histogram('vxt_call_talk_duration_seconds', 'Talk time over all users, answered calls.', samples.talkHistograms);
  gauge('vxt_last_event_timestamp_seconds', 'Time of the newest event by its own time.', samples.lastEvent);
  gauge(
    'vxt_users_in_other',
    'Users over the cap of series: their totals are summed under user_uid="other".',
    samples.usersInOther,
  );
  if (withEmails) gauge('vxt_user_info', 'The e-mail address of a user; always 1.', samples.userInfo);
}

/** Counts records of the table that are left out. */
export function undecodableCounter(registry: Registry): () => void {
  const counter = new Counter({
    name: 'vxt_exporter_undecodable_records_total',
    help: 'Records of the table that could not be decoded, or stand under a key that is not theirs, and are left out.',
    registers: [registry],
  });
  return () => counter.inc();
}

/** What tells whether the exporter is up to date with its table. */
export function watchReader(registry: Registry, reader: TableReader, rows: () => number): void {
  registerAbsoluteMetric(registry, 'gauge', {
    name: 'vxt_exporter_lag_records',
    help: 'Offsets of the table that wait to be read. Above 0 for long: what is exposed is out of date.',
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

import { kafkaSettings, registrySettings, serviceSettings } from '../shared/config/common-settings.ts';
import { type Environment, readSettingGroups, secretSetting, setting } from '../shared/config/settings.ts';
import { timeZone, wholeNumber } from '../shared/config/types.ts';

/** Every setting of call-metrics. Those under `rules` are part of the fingerprint: changing one needs a rebuild. */
export const callMetricsSettings = {
  kafka: kafkaSettings,
  registry: registrySettings,
  service: serviceSettings({ port: 8081, adminPort: 9102 }),
  api: {
    tokens: secretSetting(
      'CALL_METRICS_API_TOKENS',
      'Comma list of bearer tokens that clients of the query API may send: the current and the next. Required.',
    ),
  },
  rules: {
    timeZone: setting('METRICS_TIME_ZONE', 'IANA zone in which days begin and end.', timeZone, 'UTC'),
    keptDays: setting(
      'METRICS_KEPT_DAYS',
      'Days that are kept beside the lifetime, by log time; older ones are removed, lifetimes never.',
      wholeNumber(1, 36_500),
      400,
    ),
    dedupeDays: setting(
      'DEDUPE_HORIZON_DAYS',
      'Days of log time an event’s id is remembered: the same id later counts again.',
      wholeNumber(1, 3_650),
      30,
    ),
  },
  commit: {
    intervalMs: setting(
      'COMMIT_INTERVAL_MS',
      'How long folded events may wait for their transaction.',
      wholeNumber(1, 60_000),
      100,
    ),
    records: setting('COMMIT_RECORDS', 'How many may wait.', wholeNumber(1, 100_000), 5_000),
  },
} as const;

export type CallMetricsConfig = ReturnType<typeof readCallMetricsConfig>;

/** Reads the settings. Throws SettingsError that names every problem. */
export const readCallMetricsConfig = (environment: Environment) => readSettingGroups(callMetricsSettings, environment);

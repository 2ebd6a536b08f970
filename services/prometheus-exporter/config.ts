import { kafkaSettings, registrySettings, serviceSettings } from '../shared/config/common-settings.ts';
import { type Environment, readSettingGroups, setting } from '../shared/config/settings.ts';
import { oneOf, wholeNumber } from '../shared/config/types.ts';

/** Every setting of the exporter. */
export const exporterSettings = {
  kafka: kafkaSettings,
  registry: registrySettings,
  service: serviceSettings({ port: 9100, adminPort: null }),
  metrics: {
    maxUsers: setting(
      'METRICS_MAX_USERS',
      'Users with series of their own; the rest is summed under user_uid="other".',
      wholeNumber(0, 1_000_000),
      5_000,
    ),
    userNames: setting(
      'METRICS_USER_NAMES',
      '`email` adds vxt_user_info with users’ e-mail addresses; `none` keeps personal data out.',
      oneOf('none', 'email'),
      'none',
    ),
  },
} as const;

export type ExporterConfig = ReturnType<typeof readExporterConfig>;

/** Reads the settings. Throws SettingsError that names every problem. */
export const readExporterConfig = (environment: Environment) => readSettingGroups(exporterSettings, environment);

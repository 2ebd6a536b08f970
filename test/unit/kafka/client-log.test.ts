import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { logLevel } from 'kafkajs';
import { kafkaSettings } from '../../../services/shared/config/common-settings.ts';
import { readSettings } from '../../../services/shared/config/settings.ts';
import { logClient } from '../../../services/shared/kafka/client-log.ts';
import { createKafka } from '../../../services/shared/kafka/connection.ts';
import type { LogFields, Logger } from '../../../services/shared/observability/logger.ts';
import { summaryOf } from '../../../services/shared/observability/summarise.ts';
import { freePort } from '../../support/service-process.ts';

/** A logger that keeps its lines. */
function keepingLogger() {
  const lines: Readonly<{ level: string; event: string; fields: LogFields }>[] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
  return { logger, lines };
}

const entry = (message: string, more: Readonly<Record<string, unknown>> = {}, level: number = logLevel.ERROR) => ({
  namespace: 'Connection',
  level,
  label: 'ERROR',
  log: { timestamp: '', message, ...more },
});

test('When every client says the same of a broker again and again, then the first is told and the others are counted', () => {
  const { logger, lines } = keepingLogger();
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const error = `connect ECONNREFUSED 127.0.0.1:${attempt}, attempt ${attempt}, "id-${attempt}"`;
    logClient(logger, entry('Connection error', { broker: 'kafka-1:9092', error }));
  }
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'warn', event: 'kafka-client-said', fields: { broker: 'kafka-1:9092' } });
  logClient(logger, entry('Connection timeout', { broker: 'kafka-1:9092' }));
  logClient(logger, entry('Connection timeout', { broker: 'kafka-2:9092' }));
  expect(lines).toHaveLength(3);
  summaryOf(logger).close();
  expect(lines.at(-1)?.fields.count).toBe(499);
});

test('When the client only warns, then its line is one for debugging, however often it comes', () => {
  const { logger, lines } = keepingLogger();
  for (let index = 0; index < 3; index += 1) logClient(logger, entry('Response without match', {}, logLevel.WARN));
  expect(lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'debug']);
});

test('When fifty clients in turn find no broker, then the log has a handful of lines', async () => {
  const { logger, lines } = keepingLogger();
  const settings = readSettings(kafkaSettings, { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
  for (let index = 0; index < 50; index += 1) {
    const admin = createKafka(settings, 'vxt-test', logger, { retry: { retries: 0 } }).admin();
    await expect(admin.connect()).rejects.toThrow();
    await nextTurn();
  }
  expect(lines.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(6);
  summaryOf(logger).close();
  const counted = lines.reduce((sum, { fields: { count = 1 } }) => sum + Number(count), 0);
  expect(counted).toBeGreaterThanOrEqual(50);
});

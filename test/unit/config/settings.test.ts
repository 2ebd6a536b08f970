import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readIngressConfig } from '../../../services/ingress/config.ts';
import { SettingsError } from '../../../services/shared/config/settings.ts';

const least = { KAFKA_BROKERS: 'a:9092,b:9093', SCHEMA_REGISTRY_URL: 'http://registry:8081/' };

/** The problems told for this environment. */
function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readIngressConfig(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

test('When only what is required is set, then the rest has its default', () => {
  const config = readIngressConfig(least);
  expect(config.kafka.brokers).toEqual(['a:9092', 'b:9093']);
  expect(config.registry.url).toBe('http://registry:8081');
  expect(config.service).toMatchObject({ host: '127.0.0.1', port: 8080, adminPort: 9101, logLevel: 'info' });
  expect(config.kafka).toMatchObject({ topicPrefix: 'vxt.', partitions: 12, createTopics: true, ssl: false });
});

test('When several settings are wrong, then all problems are told at once, each with its variable', () => {
  const problems = problemsOf({ KAFKA_BROKERS: 'nowhere', PORT: '99999', KAFKA_SSL: 'maybe', LOG_LEVEL: 'loud' });
  expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
    'KAFKA_BROKERS',
    'KAFKA_SSL',
    'SCHEMA_REGISTRY_URL',
    'LOG_LEVEL',
    'PORT',
  ]);
});

test('When a secret comes from a file, then it is read without its last line break', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'tokens');
  writeFileSync(file, 'from-the-file-0123456789\n');
  const config = readIngressConfig({ ...least, KAFKA_SASL_PASSWORD_FILE: file });
  expect(config.kafka.saslPassword?.reveal()).toBe('from-the-file-0123456789');
});

test('When the file of a secret is missing, then the problem names the variable', () => {
  expect(problemsOf({ ...least, KAFKA_SASL_PASSWORD_FILE: '/nowhere/at/all' })).toEqual([
    expect.stringContaining('KAFKA_SASL_PASSWORD_FILE cannot be read'),
  ]);
});

test('When an address holds a login, then it is refused without repeating the password', () => {
  const problems = problemsOf({ ...least, SCHEMA_REGISTRY_URL: 'https://me:a-password@registry:8081' });
  expect(problems).toEqual([expect.stringContaining('SCHEMA_REGISTRY_URL "https://[redacted]@registry:8081"')]);
});

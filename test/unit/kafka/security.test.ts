import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { Secret } from '../../../services/shared/config/secret.ts';
import { SettingsError } from '../../../services/shared/config/settings.ts';
import { type KafkaSecurity, noSecurity, securityOf } from '../../../services/shared/kafka/security.ts';

const directory = mkdtempSync(join(tmpdir(), 'vxt-security-'));
const file = (name: string): string => join(directory, name);

/** A key and a certificate that signs itself. */
function certificate(name: string, ...more: readonly string[]): void {
  const args = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, ...more];
  const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
  execFileSync('openssl', ['req', '-x509', ...args, ...files], { stdio: 'ignore' });
}

beforeAll(() => {
  certificate('one');
  certificate('another');
  writeFileSync(file('text'), 'no certificate');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
const problems = (settings: Partial<KafkaSecurity>) => problemsOf(() => securityOf({ ...noSecurity, ...settings }));

test('When TLS has a certificate and its key, then kafkajs gets both and the authority', () => {
  const sslFiles = { sslCaFile: file('one.crt'), sslCertFile: file('one.crt'), sslKeyFile: file('one.key') };
  const { ssl } = securityOf({ ...noSecurity, ssl: true, ...sslFiles });
  expect(ssl).toEqual({
    ca: [expect.stringContaining('BEGIN CERTIFICATE')],
    cert: expect.stringContaining('BEGIN CERTIFICATE'),
    key: expect.stringContaining('PRIVATE KEY'),
  });
});

test('When files of TLS are given but TLS is off, then it is an error: nothing would be encrypted', () => {
  expect(problems({ sslCaFile: file('one.crt') })).toEqual([
    'KAFKA_SSL_CA_FILE: set, but KAFKA_SSL is not true, so nothing would be encrypted',
  ]);
});

test.each([
  [{ sslCertFile: 'one.crt' }, 'KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE go together'],
  [{ sslCertFile: 'one.crt', sslKeyFile: 'another.key' }, 'KAFKA_SSL_KEY_FILE is not the key'],
  [{ sslCertFile: 'text', sslKeyFile: 'one.key' }, 'KAFKA_SSL_CERT_FILE holds no certificate'],
  [{ sslCertFile: 'one.crt', sslKeyFile: 'text' }, 'KAFKA_SSL_KEY_FILE holds no private key'],
  [{ sslCaFile: 'text' }, 'KAFKA_SSL_CA_FILE holds no certificate'],
  [{ sslCaFile: 'absent' }, 'KAFKA_SSL_CA_FILE cannot be read: '],
])('When the files are %j, then the problem is %s', (names, problem) => {
  const settings = Object.fromEntries(Object.entries(names).map(([setting, name]) => [setting, file(name)]));
  expect(problems({ ssl: true, ...settings })).toEqual([expect.stringContaining(problem)]);
});

test('When a login lacks a part, or its mechanism, then the problem names the settings', () => {
  expect(problems({ saslMechanism: 'plain', saslUsername: 'me' })).toEqual([
    expect.stringContaining('KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set too'),
  ]);
  expect(problems({ saslUsername: 'me', saslPassword: new Secret('a-password') })).toEqual([
    expect.stringContaining('KAFKA_SASL_MECHANISM is not'),
  ]);
});

test('When the registry’s settings do not fit each other, then all of it is told', () => {
  const settings = { url: 'http://registry', username: 'me', password: null, sslCaFile: file('absent') };
  expect(problemsOf(() => connectRegistry(settings))).toEqual([
    expect.stringContaining('SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD go together'),
    expect.stringContaining('does not begin with https://'),
    expect.stringContaining('SCHEMA_REGISTRY_SSL_CA_FILE cannot be read'),
  ]);
});

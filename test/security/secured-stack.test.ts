import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { grant, rightsOfScript } from '../support/acls.ts';
import { createAuthority, type Identity } from '../support/certificates.ts';
import { type SecureKafka, secureKafkaProblem, startSecureKafka, type Way } from '../support/secure-kafka.ts';
import { type SecureRegistry, startSecureRegistry } from '../support/secure-registry.ts';
import {
  allOutput,
  endServices,
  passEndToEnd,
  QUERY_TOKEN,
  runToEnd,
  WEBHOOK_TOKEN,
} from '../support/secured-services.ts';

const onJava = secureKafkaProblem() === null ? describe : describe.skip;
type Settings = Readonly<Record<string, string>>;
const WRONG_PASSWORD = 'not-the-password';
const sharedBrokers = process.env.KAFKA_BROKERS ?? '';
const login = { username: 'vxt', password: 'registry-password-of-the-tests' };

onJava('Kafka and the registry let in only who shows who he is', () => {
  let kafka: SecureKafka;
  let registry: SecureRegistry;
  let registrySettings: Readonly<Record<string, string>>;

  beforeAll(async () => {
    kafka = await startSecureKafka();
    const target = process.env.SCHEMA_REGISTRY_URL ?? '';
    registry = await startSecureRegistry(target, kafka.authority.issue('registry'), login);
    registrySettings = {
      SCHEMA_REGISTRY_URL: registry.url,
      SCHEMA_REGISTRY_SSL_CA_FILE: kafka.authority.caFile,
      SCHEMA_REGISTRY_USERNAME: login.username,
      SCHEMA_REGISTRY_PASSWORD: login.password,
      KAFKA_PARTITIONS: '2',
    };
    const admin = kafka.client('admin').admin();
    await admin.connect();
    const rights = rightsOfScript({});
    // Who comes by TLS alone has no name: all three services are ANONYMOUS there.
    await grant(admin, [...rights, ...rights.map((right) => ({ ...right, principal: 'User:ANONYMOUS' }))]);
    await admin.disconnect();
  }, 120_000);

  afterAll(async () => {
    await endServices();
    await registry?.stop();
    await kafka?.stop();
  });

  const ways: readonly Way[] = ['tls', 'mtls', 'plain', 'scram-sha-256'];
  test.each(ways)('When the services come by %s, then a webhook becomes a counter', async (way) => {
    await passEndToEnd(`user-${way}`, (service) => ({ ...registrySettings, ...kafka.settings(way, `vxt-${service}`) }));
  });

  test('When they come by scram-sha-512 and the passwords are in files, then a webhook becomes a counter', async () => {
    const file = (name: string, secret: string): string => {
      writeFileSync(join(kafka.directory, name), `${secret}\n`);
      return join(kafka.directory, name);
    };
    await passEndToEnd('user-files', (service) => {
      const { KAFKA_SASL_PASSWORD: password = '', ...kafkaSettings } = kafka.settings(
        'scram-sha-512',
        `vxt-${service}`,
      );
      const { SCHEMA_REGISTRY_PASSWORD: _secret, ...rest } = registrySettings;
      return {
        ...kafkaSettings,
        ...rest,
        KAFKA_SASL_PASSWORD_FILE: file(service, password),
        SCHEMA_REGISTRY_PASSWORD_FILE: file('registry-password', login.password),
      };
    });
  });

  describe('When a setting is wrong, then the service ends with one line that names it', () => {
    const exporter = (way: Way) => ({ ...registrySettings, ...kafka.settings(way, 'vxt-prometheus-exporter') });
    const other = () => createAuthority(join(kafka.directory, 'other'));
    const shown = ({ certFile, keyFile }: Identity) => ({ KAFKA_SSL_CERT_FILE: certFile, KAFKA_SSL_KEY_FILE: keyFile });
    const plainText = { KAFKA_SSL: 'false', KAFKA_SSL_CA_FILE: '' };
    const noLogin = { KAFKA_SASL_MECHANISM: '', KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD: '' };
    const wrongPassword = { KAFKA_SASL_PASSWORD: WRONG_PASSWORD };
    const checkLogin = 'check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD';
    const tlsBrokers = () => ({ KAFKA_BROKERS: kafka.settings('tls', 'vxt-ingress').KAFKA_BROKERS ?? '' });
    const kafkaCases: readonly (readonly [what: string, way: Way, wrong: () => Settings, says: string])[] = [
      [
        'another authority',
        'tls',
        () => ({ KAFKA_SSL_CA_FILE: other().caFile }),
        'by the authority in KAFKA_SSL_CA_FILE',
      ],
      ['no authority', 'tls', () => ({ KAFKA_SSL_CA_FILE: '' }), 'give theirs in KAFKA_SSL_CA_FILE'],
      ['plain text to a port with TLS', 'tls', () => plainText, 'set KAFKA_SSL=true'],
      ['plain text with a login', 'plain', () => plainText, 'set KAFKA_SSL=true'],
      ['TLS to a port in plain text', 'tls', () => ({ KAFKA_BROKERS: sharedBrokers }), 'do not speak TLS on this port'],
      [
        'no certificate',
        'mtls',
        () => ({ KAFKA_SSL_CERT_FILE: '', KAFKA_SSL_KEY_FILE: '' }),
        'set KAFKA_SSL_CERT_FILE and',
      ],
      [
        'a certificate of others',
        'mtls',
        () => shown(other().issue('vxt-ingress')),
        'do not accept the certificate in KAFKA_SSL_CERT_FILE',
      ],
      [
        'an expired certificate',
        'mtls',
        () => shown(kafka.authority.issue('old', -1)),
        'KAFKA_SSL_CERT_FILE: the certificate expired on',
      ],
      ['a wrong password', 'plain', () => wrongPassword, checkLogin],
      ['a wrong SCRAM password', 'scram-sha-256', () => wrongPassword, checkLogin],
      ['no login', 'plain', () => noLogin, 'set KAFKA_SASL_MECHANISM'],
      ['a login where none is taken', 'plain', tlsBrokers, 'unset KAFKA_SASL_MECHANISM'],
    ];
    const ingress = () => ({
      ...registrySettings,
      ...kafka.settings('scram-sha-512', 'vxt-ingress'),
      VXT_WEBHOOK_TOKENS: WEBHOOK_TOKEN,
    });
    const checkRegistryLogin = 'check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD';
    const registryCases: readonly (readonly [what: string, wrong: Settings, says: string])[] = [
      ['a wrong password for the registry', { SCHEMA_REGISTRY_PASSWORD: WRONG_PASSWORD }, checkRegistryLogin],
      ['no login for the registry', { SCHEMA_REGISTRY_USERNAME: '', SCHEMA_REGISTRY_PASSWORD: '' }, checkRegistryLogin],
      ['no authority for the registry', { SCHEMA_REGISTRY_SSL_CA_FILE: '' }, 'check SCHEMA_REGISTRY_SSL_CA_FILE'],
    ];

    const ends = new Map<string, Awaited<ReturnType<typeof runToEnd>>>();
    // Most of a failing start is waiting for the next attempt: several at once.
    beforeAll(async () => {
      const runs = [
        ...kafkaCases.map(([what, way, wrong]) => async () => {
          ends.set(what, await runToEnd('services/prometheus-exporter/main.ts', { ...exporter(way), ...wrong() }));
        }),
        ...registryCases.map(([what, wrong]) => async () => {
          ends.set(what, await runToEnd('services/ingress/main.ts', { ...ingress(), ...wrong }));
        }),
      ];
      const next = async (): Promise<void> => {
        for (let run = runs.shift(); run !== undefined; run = runs.shift()) await run();
      };
      await Promise.all([next(), next(), next(), next()]);
    }, 240_000);

    test.each([
      ...kafkaCases.map(([what, , , says]) => [what, says] as const),
      ...registryCases.map(([what, , says]) => [what, says] as const),
    ])('%s: %s', (what, says) => {
      const { code, output } = ends.get(what) ?? {};
      expect(output?.trimEnd().split('\n').at(-1)).toContain(says);
      expect(code).toBe(1);
    });
  });

  test('No password, token or key was in anything the services said', () => {
    const said = allOutput();
    expect(said).toContain('group-joined');
    const secrets = [...Object.values(kafka.passwords), login.password, WRONG_PASSWORD, WEBHOOK_TOKEN, QUERY_TOKEN];
    const encoded = secrets.map((secret) => Buffer.from(secret).toString('base64'));
    const basic = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    for (const secret of [...secrets, ...encoded, basic, 'PRIVATE KEY']) expect(said).not.toContain(secret);
  });
});

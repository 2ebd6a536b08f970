import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { Secret } from '../config/secret.ts';
import { readSettingFile, SettingsError } from '../config/settings.ts';

/** How a service proves to Kafka who it is, and how it knows that Kafka is Kafka. */
export type KafkaSecurity = Readonly<{
  ssl: boolean;
  /** PEM files; null: the authorities Node trusts, and no certificate of our own. */
  sslCaFile: string | null;
  sslCertFile: string | null;
  sslKeyFile: string | null;
  saslMechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | null;
  saslUsername: string | null;
  saslPassword: Secret | null;
}>;

/** Neither TLS nor a login: for a broker that was started on this machine. */
export const noSecurity: KafkaSecurity = {
  ssl: false,
  sslCaFile: null,
  sslCertFile: null,
  sslKeyFile: null,
  saslMechanism: null,
  saslUsername: null,
  saslPassword: null,
};

/**
 * TLS and login as kafkajs wants them. Throws SettingsError with every setting that does not go with the others, cannot be read or has expired: a setting
 * without effect would be believed in.
 */
export function securityOf(settings: KafkaSecurity): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const problems: string[] = [];
  const secured = { ...tlsOf(settings, problems), ...saslOf(settings, problems) };
  if (problems.length > 0) throw new SettingsError(problems);
  return secured;
}

function tlsOf(settings: KafkaSecurity, problems: string[]): Pick<KafkaConfig, 'ssl'> {
  const read = (variable: string, file: string | null) =>
    file === null ? null : readSettingFile(variable, file, problems);
  const ca = read('KAFKA_SSL_CA_FILE', settings.sslCaFile);
  const cert = read('KAFKA_SSL_CERT_FILE', settings.sslCertFile);
  const key = read('KAFKA_SSL_KEY_FILE', settings.sslKeyFile);
  const given = Object.entries({
    KAFKA_SSL_CA_FILE: settings.sslCaFile,
    KAFKA_SSL_CERT_FILE: settings.sslCertFile,
    KAFKA_SSL_KEY_FILE: settings.sslKeyFile,
  }).flatMap(([variable, file]) => (file === null ? [] : [variable]));
  if (!settings.ssl) {
    if (given.length > 0)
      problems.push(`${given.join(', ')}: set, but KAFKA_SSL is not true, so nothing would be encrypted`);
    return {};
  }
  if ((settings.sslCertFile === null) !== (settings.sslKeyFile === null))
    problems.push('KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE go together: set both or neither');
  if (ca !== null) checkAuthorities(ca, problems);
  if (cert !== null && key !== null) checkPair(cert, key, problems);
  return {
    ssl: {
      ...(ca === null ? {} : { ca: [ca] }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    },
  };
}

function checkAuthorities(pem: string, problems: string[]): void {
  try {
    new X509Certificate(pem);
  } catch {
    problems.push('KAFKA_SSL_CA_FILE holds no certificate in PEM');
  }
}

/** The first certificate of the file is ours; its chain may follow. */
function checkPair(certPem: string, keyPem: string, problems: string[]): void {
  const certificate = parsed(() => new X509Certificate(certPem), 'KAFKA_SSL_CERT_FILE holds no certificate in PEM');
  const key = parsed(
    () => createPrivateKey(keyPem),
    'KAFKA_SSL_KEY_FILE holds no private key in PEM without a password',
  );
  for (const one of [certificate, key]) if (typeof one === 'string') problems.push(one);
  if (typeof certificate === 'string' || typeof key === 'string') return;
  if (!certificate.checkPrivateKey(key))
    problems.push('KAFKA_SSL_KEY_FILE is not the key of the certificate in KAFKA_SSL_CERT_FILE');
  if (Date.parse(certificate.validTo) < Date.now())
    problems.push(`KAFKA_SSL_CERT_FILE: the certificate expired on ${certificate.validTo}: renew it`);
}

function parsed<T>(parse: () => T, problem: string): T | string {
  try {
    return parse();
  } catch {
    return problem;
  }
}

function saslOf(settings: KafkaSecurity, problems: string[]): Pick<KafkaConfig, 'sasl'> {
  const { saslMechanism: mechanism, saslUsername: username, saslPassword: password } = settings;
  if (mechanism === null) {
    if (username !== null || password !== null)
      problems.push('KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set, but KAFKA_SASL_MECHANISM is not');
    return {};
  }
  if (username === null || password === null) {
    problems.push('KAFKA_SASL_MECHANISM is set, so KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set too');
    return {};
  }
  return { sasl: { mechanism, username, password: password.reveal() } as SASLOptions };
}

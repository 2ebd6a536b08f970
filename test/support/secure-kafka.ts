import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { fetchJavaArtifacts } from '../../dev/stack/java-artifacts.ts';
import { findJava } from '../../dev/stack/java-runtime.ts';
import { kafkaServer } from '../../dev/stack/kafka-server.ts';
import { freePorts } from '../../dev/stack/ports.ts';
import { type Authority, createAuthority, type Identity, keyStore } from './certificates.ts';

/** Who may log in, with a password, a SCRAM credential and a certificate each. `admin` may do everything. */
export const principals = [
  'admin',
  'vxt-ingress',
  'vxt-call-metrics',
  'vxt-prometheus-exporter',
  'vxt-redrive',
  'stranger',
] as const;
export type Principal = (typeof principals)[number];

/** The ways in. `tls` asks nobody who he is: he is ANONYMOUS. */
export type Way = 'tls' | 'mtls' | 'plain' | 'scram-sha-256' | 'scram-sha-512';

/** A real broker without any listener in plain text, where nobody may do what no ACL allows. */
export type SecureKafka = Readonly<{
  directory: string;
  authority: Authority;
  /** For KAFKA_BROKERS: the listeners for TLS, for TLS with a certificate, and for SASL over TLS. */
  ports: Readonly<{ tls: number; mtls: number; sasl: number }>;
  passwords: Readonly<Record<Principal, string>>;
  certificates: Readonly<Record<Principal, Identity>>;
  /** The settings with which a service connects this way. */
  settings: (way: Way, principal: Principal) => Readonly<Record<string, string>>;
  /** A client of the tests themselves, with a certificate. */
  client: (principal: Principal) => Kafka;
  /** Runs `kafka-acls.sh`'s program and others: the jars of Kafka, and Java. */
  java: string;
  classPath: string;
  stop: () => Promise<void>;
}>;

/** What is missing to start one here; null when nothing is. */
export const secureKafkaProblem = (): string | null =>
  findJava(process.env).problem ??
  (spawnSync('openssl', ['version']).error === undefined ? null : 'openssl is missing');

/** Starts the broker in a directory of its own, with an authority of its own. */
export async function startSecureKafka(): Promise<SecureKafka> {
  const { java, maven } = findJava(process.env);
  const { kafkaClassPath: classPath } = await fetchJavaArtifacts(maven, process.env, () => undefined);
  const directory = mkdtempSync(join(tmpdir(), 'vxt-secure-kafka-'));
  const authority = createAuthority(join(directory, 'authority'));
  const perPrincipal = <T>(make: (principal: Principal) => T) =>
    Object.fromEntries(principals.map((principal) => [principal, make(principal)])) as Record<Principal, T>;
  const passwords = perPrincipal(() => randomBytes(12).toString('hex'));
  const certificates = perPrincipal((principal) => authority.issue(principal));
  const [controller = 0, mtls = 0, tls = 0, sasl = 0] = await freePorts(4);
  const ports = { tls, mtls, sasl };

  const client = (principal: Principal): Kafka => {
    const { certFile, keyFile } = certificates[principal];
    const [ca, cert, key] = [authority.caFile, certFile, keyFile].map((file) => readFileSync(file, 'utf8'));
    return new Kafka({
      clientId: 'test',
      brokers: [`127.0.0.1:${mtls}`],
      ssl: { ca, cert, key },
      logLevel: logLevel.NOTHING,
    });
  };
  const server = kafkaServer({
    java,
    classPath,
    directory: join(directory, 'kafka'),
    logFile: join(directory, 'kafka.log'),
    port: mtls,
    controllerPort: controller,
    signal: undefined,
    onSpawn: undefined,
    onDied: undefined,
    formatArguments: principals.flatMap((name) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${name},password=${passwords[name]}]`,
      ]),
    ),
    properties: brokerProperties(
      { ...ports, controller },
      passwords,
      keyStore(authority.issue('broker'), join(directory, 'broker.pem')),
      authority.caFile,
    ),
    ready: async () => {
      const admin = client('admin').admin({ retry: { retries: 0 } });
      try {
        await admin.connect();
        return (await admin.listTopics()).length >= 0;
      } finally {
        await admin.disconnect();
      }
    },
  });
  await server.start().catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  return {
    directory,
    authority,
    ports,
    passwords,
    certificates,
    client,
    java,
    classPath,
    settings: (way, principal) => {
      const secured = { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: authority.caFile };
      if (way === 'tls') return { ...secured, KAFKA_BROKERS: `127.0.0.1:${tls}` };
      if (way === 'mtls') {
        const { certFile, keyFile } = certificates[principal];
        const shown = { KAFKA_SSL_CERT_FILE: certFile, KAFKA_SSL_KEY_FILE: keyFile };
        return { ...secured, ...shown, KAFKA_BROKERS: `127.0.0.1:${mtls}` };
      }
      const login = { KAFKA_SASL_USERNAME: principal, KAFKA_SASL_PASSWORD: passwords[principal] };
      return { ...secured, ...login, KAFKA_SASL_MECHANISM: way, KAFKA_BROKERS: `127.0.0.1:${sasl}` };
    },
    stop: async () => {
      await server.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The controller and the broker know each other by certificate; every name in a certificate's CN is a principal. */
function brokerProperties(
  ports: Readonly<Record<'tls' | 'mtls' | 'sasl' | 'controller', number>>,
  passwords: Readonly<Record<Principal, string>>,
  keyStoreFile: string,
  caFile: string,
): Readonly<Record<string, string>> {
  const { tls, mtls, sasl, controller } = ports;
  const listeners = [`MTLS://127.0.0.1:${mtls}`, `TLS://127.0.0.1:${tls}`, `SASL://127.0.0.1:${sasl}`];
  const all = [...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(',');
  const users = principals.map((name) => `user_${name}="${passwords[name]}"`).join(' ');
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    listeners: all,
    'advertised.listeners': all,
    'inter.broker.listener.name': 'MTLS',
    'listener.security.protocol.map': 'MTLS:SSL,TLS:SSL,SASL:SASL_SSL,CONTROLLER:SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStoreFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/',
    'listener.name.mtls.ssl.client.auth': 'required',
    'listener.name.controller.ssl.client.auth': 'required',
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': scram,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    'super.users': 'User:broker;User:admin',
  };
}

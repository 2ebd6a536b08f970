import type { KafkaSecurity } from './security.ts';

/** What Node says of a broker's certificate that none of the authorities signed. */
const untrusted =
  /^(UNABLE_TO_(VERIFY|GET)|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)/;

/** Why a broker and a service with these settings do not come together, with the setting to change; null where TLS and login are not at fault. */
export function connectionProblem(error: unknown, security: KafkaSecurity): string | null {
  const chain = [...causesOf(error)];
  const codes = chain.flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
  const said = (name: string) => chain.find((one) => one.name === name)?.message;
  const login = said('KafkaJSSASLAuthenticationError');
  if (login !== undefined) return loginProblem(login, security);
  if (chain.some(({ type }) => type === 'ILLEGAL_SASL_STATE'))
    return 'This listener of Kafka takes no SASL login: unset KAFKA_SASL_MECHANISM, or give the port of the SASL listener in KAFKA_BROKERS';
  for (const code of codes) {
    const problem = tlsProblem(code, security);
    if (problem !== null) return problem;
  }
  if (chain.some(({ message }) => /before secure TLS connection/.test(message))) return notTls;
  return null;
}

const notTls =
  'The brokers of KAFKA_BROKERS do not speak TLS on this port: give the port of their TLS listener, or set KAFKA_SSL=false';

function tlsProblem(code: string, { sslCaFile, sslCertFile }: KafkaSecurity): string | null {
  if (untrusted.test(code)) {
    return sslCaFile === null
      ? `The brokers’ certificate is not signed by an authority that Node trusts (${code}): give theirs in KAFKA_SSL_CA_FILE`
      : `The brokers’ certificate is not signed by the authority in KAFKA_SSL_CA_FILE (${code}): give the one that signed it`;
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `The brokers’ certificate, or the authority in KAFKA_SSL_CA_FILE, is not valid today (${code}): renew it`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The brokers’ certificate is for other host names (${code}): give the brokers in KAFKA_BROKERS by the names in it`;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return notTls;
  if (!/^ERR_SSL_.*ALERT/.test(code)) return null;
  return sslCertFile === null
    ? `The brokers want a certificate of this service (${code}): set KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE`
    : `The brokers do not accept the certificate in KAFKA_SSL_CERT_FILE (${code}): its authority must be one they trust, and it must be valid today`;
}

function loginProblem(said: string, { saslMechanism, saslUsername }: KafkaSecurity): string {
  return /not supported/.test(said)
    ? `The brokers do not offer ${saslMechanism}: change KAFKA_SASL_MECHANISM`
    : `The brokers refuse the ${saslMechanism} login of KAFKA_SASL_USERNAME ${saslUsername}: check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`;
}

/**
 * The same for a connection that was closed before the first answer: a listener that expects something else says nothing and hangs up. Null where nothing
 * speaks for that.
 */
export function hangUpProblem(error: unknown, { ssl, saslMechanism }: KafkaSecurity): string | null {
  if (![...causesOf(error)].some(({ name }) => name === 'KafkaJSConnectionClosedError')) return null;
  if (!ssl)
    return 'The brokers of KAFKA_BROKERS hang up without an answer, as a listener for TLS does: set KAFKA_SSL=true, and KAFKA_SSL_CA_FILE';
  if (saslMechanism === null)
    return 'The brokers of KAFKA_BROKERS hang up without an answer, as a listener for SASL does: set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD';
  return null;
}

type Said = Readonly<{ name: string; message: string; code: unknown; type: unknown }>;

/** The error and what caused it, outermost first. */
function* causesOf(error: unknown): Generator<Said> {
  for (let one = error; typeof one === 'object' && one !== null; one = Reflect.get(one, 'cause')) {
    yield {
      name: String(Reflect.get(one, 'name')),
      message: String(Reflect.get(one, 'message')),
      code: Reflect.get(one, 'code'),
      type: Reflect.get(one, 'type'),
    };
  }
}

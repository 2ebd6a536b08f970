import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in PEM: a certificate, and its key without a password. */
export type Identity = Readonly<{ certFile: string; keyFile: string }>;

/** An authority of one test run: its keys are made when it begins and go with its directory. */
export type Authority = Readonly<{
  caFile: string;
  /** A certificate for `CN=<name>`, good for 127.0.0.1 and localhost, for as many days. */
  issue: (name: string, days?: number) => Identity;
}>;

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority with openssl; its files lie in `directory`, which need not be there. */
export function createAuthority(directory: string): Authority {
  mkdirSync(directory, { recursive: true });
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const caFile = file('ca.crt');
  openssl('req', '-x509', ...ec, '-subj', '/CN=authority-of-the-tests', '-keyout', file('ca.key'), '-out', caFile);
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  return {
    caFile,
    issue: (name, days = 1) => {
      const identity = { certFile: file(`${name}.crt`), keyFile: file(`${name}.key`) };
      const request = file(`${name}.csr`);
      openssl('req', ...ec, '-subj', `/CN=${name}`, '-keyout', identity.keyFile, '-out', request);
      const signing = ['-CA', caFile, '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('names')];
      openssl('x509', '-req', '-in', request, '-days', String(days), ...signing, '-out', identity.certFile);
      return identity;
    },
  };
}

/** Key and certificate in one file, as Kafka wants its key store. */
export function keyStore(identity: Identity, file: string): string {
  writeFileSync(file, readFileSync(identity.keyFile, 'utf8') + readFileSync(identity.certFile, 'utf8'), {
    mode: 0o600,
  });
  return file;
}

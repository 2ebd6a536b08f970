import type { Admin, Kafka } from 'kafkajs';
import { type TopicId, topicDefinitions } from '../../services/shared/call-events/topics.ts';
import { kafkaSettings } from '../../services/shared/config/common-settings.ts';
import { readSettings } from '../../services/shared/config/settings.ts';
import { createKafka } from '../../services/shared/kafka/connection.ts';
import { ensureTopics } from '../../services/shared/kafka/ensure-topics.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { grant, inWords, type Right, revoke, rightsOfScript } from './acls.ts';
import { eventually } from './eventually.ts';
import type { Principal, SecureKafka } from './secure-kafka.ts';
import {
  endServices,
  passEndToEnd,
  type SecuredService,
  startProgram,
  startService,
  WEBHOOK_TOKEN,
} from './secured-services.ts';
import { callWebhook, postWebhook } from './webhooks.ts';

/** Topics of a prefix, for which each service has exactly the rights of deploy/kafka/acls.sh. */
export type AclStack = Readonly<{
  admin: Admin;
  rights: readonly Right[];
  settings: (principal: Principal) => Readonly<Record<string, string>>;
  /** A client as the services make theirs. */
  serviceClient: (principal: Principal) => Kafka;
  /** Runs the program that needs the right, without it, until it says so; then gives the right back. */
  saysWhatIsMissing: (right: Right) => Promise<void>;
  stop: () => Promise<void>;
}>;

/** The program of each principal, and its arguments. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'User:vxt-ingress': ['services/ingress/main.ts'],
  'User:vxt-call-metrics': ['services/call-metrics/main.ts'],
  'User:vxt-prometheus-exporter': ['services/prometheus-exporter/main.ts'],
  'User:vxt-redrive': ['services/ingress/redrive/main.ts', '--yes'],
};

type Refusal = Readonly<{ service: string; principal: string; right: string; names: readonly string[] }>;

/** `Kafka does not allow <service> (<principal>) <operation> on <resource> <name> or <name>: add that ACL`. */
const refusals = (output: string): readonly Refusal[] =>
  [...output.matchAll(/Kafka does not allow (\S+) \((\S+)\) (\w+ on \w+) ([^:]+): add that ACL/g)].map(
    ([, service = '', principal = '', right = '', names = '']) => ({
      service,
      principal,
      right,
      names: names.split(' or '),
    }),
  );

const isAbout = ({ service, principal, right, names }: Refusal, missing: Right): boolean =>
  service === missing.principal.replace('User:vxt-', '') &&
  principal === missing.principal &&
  inWords(missing).startsWith(`${right} `) &&
  names.some((name) => (missing.pattern === 'Literal' ? name === missing.name : name.startsWith(missing.name)));

/** With `createTopics` false a person has made the topics, and the rights to do so are not given. `stop` leaves the broker. */
export async function startAclStack(kafka: SecureKafka, prefix: string, createTopics: boolean): Promise<AclStack> {
  const admin = kafka.client('admin').admin();
  await admin.connect();
  const choice = { KAFKA_TOPIC_PREFIX: prefix, KAFKA_CREATE_TOPICS: String(createTopics) };
  const rights = rightsOfScript(choice);
  await grant(admin, rights);
  const settings = (principal: Principal) => ({
    ...choice,
    ...kafka.settings('scram-sha-512', principal),
    KAFKA_PARTITIONS: '1',
    SCHEMA_REGISTRY_URL: process.env.SCHEMA_REGISTRY_URL ?? '',
  });
  const logger = createLogger('test', 'silent');
  const serviceClient = (principal: Principal): Kafka =>
    createKafka(readSettings(kafkaSettings, settings(principal)), principal, logger);
  if (!createTopics) {
    const own = readSettings(kafkaSettings, { ...settings('admin'), KAFKA_CREATE_TOPICS: 'true' });
    const topics = Object.keys(topicDefinitions) as TopicId[];
    await ensureTopics(serviceClient('admin'), { reads: [], writes: topics }, own, logger);
  }

  let ingress: SecuredService | null = null;
  let sent = 0;
  /** A webhook that call-metrics has not counted yet, so that it has something to write. */
  const sendWebhook = async (): Promise<void> => {
    ingress ??= await startService('ingress', settings('vxt-ingress'));
    const { port, output } = ingress;
    const url = `http://127.0.0.1:${port}/webhooks/vxt`;
    sent += 1;
    await eventually(async () => (await postWebhook(url, WEBHOOK_TOKEN, callWebhook(`call-${sent}`))) === 202, {
      deadlineMs: 60_000,
      what: () => `202 for a webhook; the ingress said:\n${output()}`,
    });
  };

  return {
    admin,
    rights,
    settings,
    serviceClient,
    saysWhatIsMissing: async (right) => {
      const { principal, operation } = right;
      // A writer of totals shows what it lacks once it has something to write.
      if (principal === 'User:vxt-call-metrics' && operation !== 'CREATE') await sendWebhook();
      await revoke(admin, [right]);
      try {
        const of = principal.replace('User:', '') as Principal;
        const [entry = '', ...args] = programs[principal] ?? [];
        const program = await startProgram(entry, settings(of), args);
        await eventually(() => refusals(program.output()).some((refusal) => isAbout(refusal, right)), {
          deadlineMs: 60_000,
          what: () => `a refusal of ${principal} ${inWords(right)}; it said:\n${program.output()}`,
        });
        await program.end();
      } finally {
        await grant(admin, [right]);
      }
    },
    stop: async () => {
      await endServices();
      await admin.disconnect();
    },
  };
}

/** End to end, each service with its own principal. */
export const passWithRights = (
  { settings }: AclStack,
  uid: string,
  look?: Parameters<typeof passEndToEnd>[2],
): Promise<void> => passEndToEnd(uid, (service) => settings(`vxt-${service}`), look);

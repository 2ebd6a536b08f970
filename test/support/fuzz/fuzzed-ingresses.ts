import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { type IngressProcess, startIngressProcess } from '../ingress.ts';
import { ApiKey, startFaultProxy } from '../kafka-fault-proxy.ts';
import { metricOf } from '../metric-of.ts';
import { type Turn, type Vitals, vitalsEnvironment, vitalsOf } from '../vitals.ts';
import { type Target, targets } from './fuzz-case.ts';
import { TOKEN } from './http-request.ts';
import { RECEIVE_TIMEOUT_MS } from './play-case.ts';

/** Connections may be read on for 5 s after their last answer (services/shared/http/linger.ts). */
const LINGER_MS = 6_000;

/** A turn of the event loop of one of the services. */
export type TargetTurn = Turn & Readonly<{ target: Target }>;

/** Real ingresses, each of its own process. */
export type FuzzedIngresses = Readonly<{
  of: (target: Target) => IngressProcess;
  ports: Readonly<Record<Target, number>>;
  /** Whether what is produced by the one with a spool gets to Kafka. The other one's always does. */
  letProduce: (allowed: boolean) => void;
  /** How often something of it did not. */
  cuts: () => number;
  /** Vitals, once all that waits on disk is in Kafka and all connections of senders have ended. */
  settledVitals: (target: Target) => Promise<Vitals>;
  /** The longest turns so far, the longest first. */
  turns: (target: Target) => Promise<readonly TargetTurn[]>;
  end: () => Promise<void>;
}>;

type Stack = Readonly<{ brokers: string; environment: Readonly<Record<string, string>> }>;

/** Starts them; what a start itself does is in no turn. `directory` is for spools and vitals. */
export async function startFuzzedIngresses(stack: Stack, directory: string): Promise<FuzzedIngresses> {
  let isAllowed = true;
  const proxy = await startFaultProxy(stack.brokers, {
    request: ({ apiKey }) => (!isAllowed && apiKey === ApiKey.produce ? 'cut' : 'pass'),
  });
  const file = (target: Target): string => join(directory, `${target}.json`);
  const start = (target: Target, more: Readonly<Record<string, string>>): Promise<IngressProcess> =>
    startIngressProcess({
      ...stack.environment,
      ...vitalsEnvironment(file(target)),
      VXT_WEBHOOK_TOKENS: TOKEN,
      WEBHOOK_RECEIVE_TIMEOUT_MS: String(RECEIVE_TIMEOUT_MS),
      ...more,
    });
  const services: Readonly<Record<Target, IngressProcess>> = {
    plain: await start('plain', {}),
    spooling: await start('spooling', {
      KAFKA_BROKERS: proxy.address,
      SPOOL_DIRECTORY: join(directory, 'spool'),
      WEBHOOK_AUTH_FAILURES_PER_MINUTE: '100000',
    }),
  };
  const turns: TargetTurn[] = [];
  const vitals = async (target: Target): Promise<Vitals> => {
    const now = await vitalsOf(services[target], file(target));
    turns.push(...now.longestTurns.map((turn) => ({ ...turn, target })));
    return now;
  };
  for (const target of targets) await vitals(target);
  turns.length = 0;

  return {
    of: (target) => services[target],
    ports: { plain: portOf(services.plain), spooling: portOf(services.spooling) },
    letProduce: (allowed) => {
      isAllowed = allowed;
    },
    cuts: () => proxy.cuts().get(ApiKey.produce) ?? 0,
    settledVitals: async (target) => {
      await untilDrained(services[target]);
      return await untilConnectionsEnded(() => vitals(target));
    },
    turns: async (target) => {
      await vitals(target);
      return turns.filter((turn) => turn.target === target).sort((a, b) => b.blockedMs - a.blockedMs);
    },
    end: async () => {
      for (const target of targets) await services[target].end('SIGKILL');
      await proxy.close();
    },
  };
}

const portOf = ({ url }: IngressProcess): number => Number(new URL(url).port);

const untilDrained = ({ adminUrl }: IngressProcess): Promise<boolean> =>
  eventually(async () => ((await metricOf(adminUrl, 'vxt_spool_records')) ?? 0) === 0, {
    deadlineMs: 60_000,
    what: () => 'an empty spool',
  });

/** Vitals as they are once no connection more has ended for as long as one may take to. */
async function untilConnectionsEnded(vitals: () => Promise<Vitals>): Promise<Vitals> {
  let before = await vitals();
  return await eventually(
    async () => {
      const now = await vitals();
      const isSettled = now.connections >= before.connections;
      before = now;
      return isSettled ? now : null;
    },
    { everyMs: LINGER_MS, deadlineMs: 10 * LINGER_MS, what: () => 'the end of connections' },
  );
}

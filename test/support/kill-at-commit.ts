import { ApiKey, startFaultProxy } from './kafka-fault-proxy.ts';
import type { ServiceProcess } from './service-process.ts';

/** A way to a broker on which no transaction ends: a process that asks for it is killed, and its transaction stays open. */
export async function killAtCommit(broker: string) {
  let victim: ServiceProcess | null = null;
  let killedAtMs: number | null = null;
  const { address, close } = await startFaultProxy(broker, {
    request: ({ apiKey }) => {
      if (apiKey !== ApiKey.endTxn) return 'pass';
      victim?.child.kill('SIGKILL');
      if (victim !== null) killedAtMs ??= Date.now();
      return 'cut';
    },
  });
  return {
    /** Where the process finds the broker. */
    address,
    close,
    /** Whom to kill. */
    aimAt: (service: ServiceProcess): void => {
      victim = service;
    },
    /** Unix time in milliseconds; null before the kill. */
    killedAtMs: (): number | null => killedAtMs,
  };
}

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Request types of the Kafka protocol, by their api keys. */
export const ApiKey = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  findCoordinator: 10,
  addPartitionsToTxn: 24,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

/** A request on its way through the proxy, by the header every Kafka request begins with. */
export type ProxiedRequest = Readonly<{ apiKey: number; apiVersion: number; correlationId: number }>;

/**
 * What happens to a request or to its answer. `pass`; `cut`: the connection is cut instead, so that a request never
 * arrives, or an answer is swallowed after the broker has acted; or it waits first.
 */
export type Verdict = 'pass' | 'cut' | Readonly<{ delayMs: number }>;

export type FaultProxy = Readonly<{
  /** Where clients connect. Addresses in answers of the broker are rewritten to it. */
  address: string;
  /** Answers and requests that were cut so far, by api key. */
  cuts: () => ReadonlyMap<number, number>;
  close: () => Promise<void>;
}>;

type Faults = Readonly<{
  request?: (request: ProxiedRequest) => Verdict;
  answer?: (request: ProxiedRequest) => Verdict;
  /** Another answer in place of the broker's: a whole frame. */
  alter?: (request: ProxiedRequest, frame: Buffer) => Buffer;
}>;

/** A proxy that speaks Kafka's framing, before one broker: 4 bytes of size, then for requests api key, version and correlation id. */
export async function startFaultProxy(broker: string, faults: Faults): Promise<FaultProxy> {
  const [host = '', port = ''] = broker.split(':');
  const sockets = new Set<Socket>();
  const cuts = new Map<number, number>();
  let ownPort = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true });
    const open = new Map<number, ProxiedRequest>();
    const cut = (apiKey: number): void => {
      cuts.set(apiKey, (cuts.get(apiKey) ?? 0) + 1);
      client.destroy();
      upstream.destroy();
    };
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    relay(client, upstream, (frame) => {
      const request = {
        apiKey: frame.readInt16BE(4),
        apiVersion: frame.readInt16BE(6),
        correlationId: frame.readInt32BE(8),
      };
      open.set(request.correlationId, request);
      return { frame, apiKey: request.apiKey, verdict: faults.request?.(request) ?? 'pass', cut };
    });
    relay(upstream, client, (frame) => {
      const correlationId = frame.readInt32BE(4);
      const request = open.get(correlationId) ?? { apiKey: -1, apiVersion: -1, correlationId };
      open.delete(correlationId);
      const altered = faults.alter?.(request, frame) ?? frame;
      const rewritten = withAddress(request.apiKey, altered, host, Number(port), ownPort);
      return { frame: rewritten, apiKey: request.apiKey, verdict: faults.answer?.(request) ?? 'pass', cut };
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  ownPort = address.port;
  // One that a failed test did not close does not keep the run alive.
  server.unref();

  return {
    address: `127.0.0.1:${ownPort}`,
    cuts: () => cuts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

type Judged = Readonly<{ frame: Buffer; apiKey: number; verdict: Verdict; cut: (apiKey: number) => void }>;

/** Passes whole frames on, in order, each after its verdict. */
function relay(from: Socket, to: Socket, judge: (frame: Buffer) => Judged): void {
  let pending: Buffer = Buffer.alloc(0);
  let before: Promise<void> = Promise.resolve();
  from.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const size = 4 + pending.readInt32BE(0);
      const { frame, apiKey, verdict, cut } = judge(pending.subarray(0, size));
      pending = pending.subarray(size);
      if (verdict === 'cut') return cut(apiKey);
      before = before.then(async () => {
        if (verdict !== 'pass') await new Promise((resolve) => setTimeout(resolve, verdict.delayMs));
        if (to.writable) to.write(frame);
      });
    }
  });
}

/** The broker's address in answers that tell addresses, with the proxy's port in place of the broker's: of the same length. */
function withAddress(apiKey: number, frame: Buffer, host: string, port: number, ownPort: number): Buffer {
  if (apiKey !== ApiKey.metadata && apiKey !== ApiKey.findCoordinator) return frame;
  const told = Buffer.alloc(host.length + 4);
  told.write(host);
  told.writeInt32BE(port, host.length);
  const copy = Buffer.from(frame);
  for (let at = copy.indexOf(told); at !== -1; at = copy.indexOf(told, at + 1))
    copy.writeInt32BE(ownPort, at + host.length);
  return copy;
}

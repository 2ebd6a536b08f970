/** Brokers as kafkajs can take them, and the way back to their hosts. */
export type SeedBrokers = Readonly<{ names: readonly string[]; addressOf: (host: string) => string }>;

/**
 * kafkajs 2.2.4 splits `host:port` at the first colon, so it cannot take `[::1]:9092`: such a broker gets a name without colons, `--1.ipv6:9092`, which only
 * the process's own sockets understand. Addresses that brokers advertise need no name: they come apart from their port.
 */
export function seedBrokers(brokers: readonly string[]): SeedBrokers {
  const addresses = new Map<string, string>();
  const names = brokers.map((broker) => {
    const [, address, port] = /^\[(.+)\]:(\d+)$/.exec(broker) ?? [];
    if (address === undefined) return broker;
    const name = `${address.replaceAll(':', '-')}.ipv6`;
    addresses.set(name, address);
    return `${name}:${port}`;
  });
  return { names, addressOf: (host) => addresses.get(host) ?? host };
}

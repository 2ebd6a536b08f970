import type { Resolver, Type } from 'avsc';

/**
 * How `reader` reads what `writer` wrote. Throws if it cannot.
 *
 * avsc 5.7.9 caches the resolver of two records before it knows whether one can be read as the other. If a second union tries the same pair, avsc takes the
 * failed resolver from the cache and decoding throws. So the cache is disabled; only recursive schemas need it, and ours are not recursive.
 */
export function createResolver(reader: Type, writer: Type): Resolver {
  const registry = new Proxy({}, { get: () => undefined });
  const create: (writer: Type, options: object) => Resolver = reader.createResolver.bind(reader);
  return create(writer, { registry });
}

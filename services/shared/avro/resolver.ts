import type { Resolver, Type } from 'avsc';

/**
 * How `reader` reads what `writer` wrote; throws if it cannot.
 *
 * avsc 5.7.9 remembers the resolver of two records before it knows that one can be read as the other, and takes a
 * failed one from memory where a second union tries the same pair: then decoding throws. It is made to remember none;
 * only recursive schemas would need that, and ours are not.
 */
export function createResolver(reader: Type, writer: Type): Resolver {
  const registry = new Proxy({}, { get: () => undefined });
  const create: (writer: Type, options: object) => Resolver = reader.createResolver.bind(reader);
  return create(writer, { registry });
}

/** A member of the group and the partitions it has held so far. */
export type GroupMember = Readonly<{ id: string; held: readonly number[] }>;

/**
 * Distributes partitions 0 to `count - 1` so that member sizes differ by at most one, and moves as few as that allows.
 * A partition that several members claim stays with the first by id. The result does not depend on the order of `members`.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  count: number,
): ReadonlyMap<string, readonly number[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const minShare = Math.floor(count / sorted.length);
  let largerShares = count % sorted.length;
  const kept = new Set<number>();
  const assigned = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));

  const claims = sorted.map(({ id, held }) => {
    const claimed = held.filter((partition) => partition >= 0 && partition < count && !kept.has(partition));
    const unique = [...new Set(claimed)].sort((a, b) => a - b);
    for (const partition of unique) kept.add(partition);
    return { id, claimed: unique };
  });
  for (const { id, claimed } of claims.sort((a, b) => b.claimed.length - a.claimed.length || (a.id < b.id ? -1 : 1))) {
    const share = claimed.length > minShare && largerShares > 0 ? minShare + 1 : minShare;
    if (share > minShare) largerShares -= 1;
    for (const partition of claimed.slice(share)) kept.delete(partition);
    assigned.get(id)?.push(...claimed.slice(0, share));
  }

  const free = Array.from({ length: count }, (_, partition) => partition).filter((partition) => !kept.has(partition));
  for (const { id } of sorted) {
    const own = assigned.get(id) ?? [];
    own.push(...free.splice(0, Math.max(0, minShare - own.length)));
  }
  for (const { id } of sorted) {
    const own = assigned.get(id) ?? [];
    if (own.length === minShare) own.push(...free.splice(0, 1));
  }
  for (const own of assigned.values()) own.sort((a, b) => a - b);
  return assigned;
}

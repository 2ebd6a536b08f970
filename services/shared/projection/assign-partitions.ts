/** A member of the group, and the partitions it held before. */
export type GroupMember = Readonly<{ id: string; held: readonly number[] }>;

/**
 * Shares partitions 0 to `count - 1` out so that no member has two more than another, moving as few as that allows. A
 * partition that several claim stays with the first of them by id. Every member computes the same from the same.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  count: number,
): ReadonlyMap<string, readonly number[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const least = Math.floor(count / sorted.length);
  let withOneMore = count % sorted.length;
  const taken = new Set<number>();
  const assigned = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));

  const claims = sorted.map(({ id, held }) => {
    const claimed = held.filter((partition) => partition >= 0 && partition < count && !taken.has(partition));
    const unique = [...new Set(claimed)].sort((a, b) => a - b);
    for (const partition of unique) taken.add(partition);
    return { id, claimed: unique };
  });
  for (const { id, claimed } of claims.sort((a, b) => b.claimed.length - a.claimed.length || (a.id < b.id ? -1 : 1))) {
    const most = claimed.length > least && withOneMore > 0 ? least + 1 : least;
    if (most > least) withOneMore -= 1;
    for (const partition of claimed.slice(most)) taken.delete(partition);
    assigned.get(id)?.push(...claimed.slice(0, most));
  }

  const free = Array.from({ length: count }, (_, partition) => partition).filter((partition) => !taken.has(partition));
  for (const { id } of sorted) {
    const own = assigned.get(id) ?? [];
    own.push(...free.splice(0, Math.max(0, least - own.length)));
  }
  for (const { id } of sorted) {
    const own = assigned.get(id) ?? [];
    if (own.length === least) own.push(...free.splice(0, 1));
  }
  for (const own of assigned.values()) own.sort((a, b) => a - b);
  return assigned;
}

/** Computes the totals again under the configured settings. */
export const REBUILD = 'npm run rebuild';

/** Copies events to topics with another number of partitions: in their own topics, a subject would be split between two. */
export const REPARTITION = 'npm run repartition';

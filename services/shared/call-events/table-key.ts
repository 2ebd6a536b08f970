import type { SubjectType } from './avro-types.generated.ts';

/** The window of a lifetime in the key of the table. Days are written YYYY-MM-DD. */
export const LIFETIME = 'lifetime';

/**
 * Key of a record of `user-call-metrics`: `<subject type>/<subject id>/<window>`, for instance `user/u-17/lifetime` or
 * `number/+6491234567/2026-11-22`. The window comes last and has no slash, so an id may hold any character.
 */
export const tableKey = (type: SubjectType, id: string, window: string): string => `${type}/${id}/${window}`;

/** The key under which a record of these totals belongs. */
export const tableKeyOf = ({
  subject,
  date,
}: Readonly<{
  subject: Readonly<{ type: SubjectType; id: string }>;
  date: null | Readonly<{ string: string }>;
}>): string => tableKey(subject.type, subject.id, date === null ? LIFETIME : date.string);

/** Whether a key is of the form above. */
export const isTableKey = (key: string): boolean =>
  /^(user|number|unassigned)\/.*\/(lifetime|[+-]?\d+-\d\d-\d\d)$/s.test(key);

import type { SubjectType } from './avro-types.generated.ts';

/** The window in the key of a lifetime total. The window of a day is YYYY-MM-DD. */
export const LIFETIME = 'lifetime';

/**
 * The key of a record of `user-call-metrics`: `<subject type>/<subject id>/<window>`, for instance `user/u-17/lifetime` or `number/+6491234567/2026-11-22`. The
 * window is last and has no slash, so an id may contain any character.
 */
export const tableKey = (type: SubjectType, id: string, window: string): string => `${type}/${id}/${window}`;

/** The key for a record with these totals. */
export const tableKeyOf = ({
  subject,
  date,
}: Readonly<{
  subject: Readonly<{ type: SubjectType; id: string }>;
  date: null | Readonly<{ string: string }>;
}>): string => tableKey(subject.type, subject.id, date === null ? LIFETIME : date.string);

/** Whether a key has the form above. */
export const isTableKey = (key: string): boolean =>
  /^(user|number|unassigned)\/.*\/(lifetime|[+-]?\d+-\d\d-\d\d)$/s.test(key);

/** `user_uid` of events without a user, and of users beyond the series limit. */
export const NO_USER = 'none';
export const OTHER_USERS = 'other';

const ESCAPED = 'uid:';

/**
 * The `user_uid` label of a user: the uid itself, prefixed with `uid:` if it would be ambiguous. That is a uid that is empty (Prometheus treats an empty label as
 * absent), that equals one of our own labels, or that starts with `uid:`. So a label that starts with `uid:` is always an escaped uid, and no two users share one.
 */
export function userLabel(uid: string): string {
  const isAmbiguous = uid === '' || uid === NO_USER || uid === OTHER_USERS || uid.startsWith(ESCAPED);
  return isAmbiguous ? `${ESCAPED}${uid}` : uid;
}

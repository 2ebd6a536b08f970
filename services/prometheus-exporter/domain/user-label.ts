/** `user_uid` of events without a user, and of users over the cap. */
export const NO_USER = 'none';
export const OTHER_USERS = 'other';

const ESCAPED = 'uid:';

/**
 * `user_uid` of a user: the uid as it is, or behind `uid:` where that would be taken for something else: a uid that is empty (to Prometheus that is a label
 * which is not there), that is called like a label of ours, or that begins with `uid:` itself. Thus no two users have one label: what begins with `uid:`
 * is an escaped uid, whatever follows.
 */
export function userLabel(uid: string): string {
  const isTaken = uid === '' || uid === NO_USER || uid === OTHER_USERS || uid.startsWith(ESCAPED);
  return isTaken ? `${ESCAPED}${uid}` : uid;
}

import { isUtf8 } from 'node:buffer';
import { BODY_LIMIT } from '../http-request.ts';

/** What a body is answered that comes with a valid token and nothing wrong around it. */
export function statusOfBody(body: Buffer): 202 | 400 | 413 {
  if (body.length > BODY_LIMIT) return 413;
  if (!isUtf8(body)) return 400;
  try {
    JSON.parse(body.toString().replace(/^\ufeff/, ''));
    return 202;
  } catch {
    return 400;
  }
}

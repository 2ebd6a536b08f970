import { MIMEType } from 'node:util';

const charsets = new Set(['utf-8', 'utf8']);

/**
 * Whether a Content-Type says JSON, by any of its names (RFC 6839), in UTF-8. A request without one may be JSON
 * (RFC 9110, 8.3); one that does not parse is not.
 */
export function saysJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const parsed = parse(contentType);
  if (parsed === null || parsed.type !== 'application') return false;
  const charset = parsed.params.get('charset');
  return (
    (parsed.subtype === 'json' || parsed.subtype.endsWith('+json')) &&
    (charset === null || charsets.has(charset.toLowerCase()))
  );
}

function parse(contentType: string): MIMEType | null {
  try {
    return new MIMEType(contentType);
  } catch {
    return null;
  }
}

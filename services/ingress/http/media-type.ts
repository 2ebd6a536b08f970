import { MIMEType } from 'node:util';

const charsets = new Set(['utf-8', 'utf8']);

/**
 * Whether a Content-Type is JSON in UTF-8, including `+json` types (RFC 6839). A missing one counts as JSON
 * (RFC 9110, 8.3), a malformed one does not.
 */
export function isJsonMediaType(contentType: string | undefined): boolean {
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

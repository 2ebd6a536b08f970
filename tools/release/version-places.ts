/** A file outside services/ and the npm manifests that says the version, or one that must say it in code. */
type VersionPlace = Readonly<{
  file: string;
  /** One match for each mention; the group named `version` is the version. */
  pattern: RegExp;
}>;

/**
 * Every place that says the version. package.json is the source; a contract test compares the others with it, and
 * finds mentions that are missing here.
 */
export const versionPlaces: readonly VersionPlace[] = [
  { file: 'package.json', pattern: /^ {2}"version": "(?<version>[^"]+)"/gm },
  {
    file: 'package-lock.json',
    pattern: /^(?: {2}| {6})"name": "vxt-call-events",\n *"version": "(?<version>[^"]+)"/gm,
  },
  { file: 'services/shared/observability/version.ts', pattern: /VERSION = '(?<version>[^']+)'/g },
  { file: 'docker-compose.yml', pattern: /:-vxt-call-events\/[a-z-]+:(?<version>[^}]+)\}/g },
  {
    file: 'deploy/kubernetes/kustomization.yaml',
    pattern: /name: vxt-call-events\/[a-z-]+, newTag: (?<version>[^ }]+)/g,
  },
];

/** The versions that a text says at the matches of a pattern. */
export const versionsIn = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(({ groups }) => groups?.version ?? '');

/** The text with another version at each match. Throws where the pattern finds none: the file has changed its form. */
export function withVersion(text: string, { file, pattern }: VersionPlace, version: string): string {
  const [first] = versionsIn(text, pattern);
  if (first === undefined)
    throw new Error(`${file} says no version where tools/release/version-places.ts looks for it`);
  return text.replace(
    pattern,
    (match, said: string) =>
      match.slice(0, match.lastIndexOf(said)) + version + match.slice(match.lastIndexOf(said) + said.length),
  );
}

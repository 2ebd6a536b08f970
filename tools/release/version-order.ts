const form = /^(\d+)\.(\d+)\.(\d+)$/;

/** Whether `version` may follow `current`: it is `major.minor.patch`, and not lower. The same version may be released once. */
export function versionProblem(version: string, current: string): string | null {
  if (!form.test(version)) return `"${version}" is not a version of the form 1.2.3`;
  const [asked, now] = [version, current].map((text) => form.exec(text)?.slice(1).map(Number) ?? []);
  const at = asked?.findIndex((part, index) => part !== now?.[index]) ?? -1;
  const lower = at !== -1 && (asked?.[at] ?? 0) < (now?.[at] ?? 0);
  return lower ? `${version} is lower than ${current}, the version in package.json` : null;
}

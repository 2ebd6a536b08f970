import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Secret } from './secret.ts';

/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * One setting: its variable, its sentence for the README, its type, and its default. `default: undefined` makes it required; null means that leaving it
 * unset is an answer too. A secret has no default and can also come from the file that `<VARIABLE>_FILE` names.
 */
export type Setting<T> = Readonly<{
  variable: string;
  says: string;
  type: z.ZodType<T, string>;
  default: T | null | undefined;
  secret: boolean;
}>;

// biome-ignore lint/suspicious/noExplicitAny: a table holds settings of every type; SettingsOf gives each its own back.
export type SettingsTable = Readonly<Record<string, Setting<any>>>;

export type SettingsOf<Table extends SettingsTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer T> ? T : never;
};

/** All that is wrong with the settings, one line each, told at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Settings are wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export function setting<T>(variable: string, says: string, type: z.ZodType<T, string>, fallback: T): Setting<T> {
  return { variable, says, type, default: fallback, secret: false };
}

export function requiredSetting<T>(variable: string, says: string, type: z.ZodType<T, string>): Setting<T> {
  return { variable, says, type, default: undefined, secret: false };
}

export function optionalSetting<T>(variable: string, says: string, type: z.ZodType<T, string>): Setting<T | null> {
  return { variable, says, type: type as z.ZodType<T | null, string>, default: null, secret: false };
}

/** An optional secret: from the variable, or from the file that `<variable>_FILE` names (its last line break is cut). */
export function secretSetting(variable: string, says: string): Setting<Secret | null> {
  const type = z.string().transform((value) => new Secret(value));
  return { variable, says, type: type as z.ZodType<Secret | null, string>, default: null, secret: true };
}

/** Reads every setting of the table. Throws one SettingsError that names every problem; a secret's value is never in it. */
export function readSettings<Table extends SettingsTable>(table: Table, environment: Environment): SettingsOf<Table> {
  return readSettingGroups({ table }, environment).table;
}

/** As readSettings, for several tables at once: the problems of all of them are told together. */
export function readSettingGroups<Groups extends Readonly<Record<string, SettingsTable>>>(
  groups: Groups,
  environment: Environment,
): { readonly [Group in keyof Groups]: SettingsOf<Groups[Group]> } {
  const problems: string[] = [];
  const read = Object.entries(groups).map(([group, table]) => {
    const entries = Object.entries(table).map(([name, one]) => [name, readOne(one, environment, problems)]);
    return [group, Object.fromEntries(entries)];
  });
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.fromEntries(read) as { readonly [Group in keyof Groups]: SettingsOf<Groups[Group]> };
}

function readOne(one: Setting<unknown>, environment: Environment, problems: string[]): unknown {
  const text = one.secret ? readSecret(one, environment, problems) : environment[one.variable];
  if (text === undefined || text === '') {
    if (one.default === undefined) problems.push(`${one.variable} is not set: ${one.says}`);
    return one.default;
  }
  const parsed = one.type.safeParse(text);
  if (parsed.success) return parsed.data;
  const shown = one.secret ? '' : ` "${withoutLogin(text)}"`;
  problems.push(
    `${one.variable}${shown}: ${parsed.error.issues.map((issue) => issue.message).join(', ')}. ${one.says}`,
  );
  return one.default;
}

/** An address may hold a password, against its setting's rules. */
const withoutLogin = (text: string): string => text.replace(/\/\/[^/]*@/g, '//[redacted]@');

function readSecret(one: Setting<unknown>, environment: Environment, problems: string[]): string | undefined {
  const file = environment[`${one.variable}_FILE`];
  if (file === undefined || file === '') return environment[one.variable];
  return readSettingFile(`${one.variable}_FILE`, file, problems)?.replace(/\r?\n$/, '');
}

/** The text of the file that a setting names; null, and a problem more, where it cannot be read. */
export function readSettingFile(variable: string, file: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    problems.push(`${variable} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

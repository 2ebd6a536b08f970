import { existsSync, readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import type { Environment } from '../../services/shared/config/settings.ts';
import { StackError } from '../stack/stack-error.ts';
import { tokenFile } from '../start/tokens.ts';
import type { Simulation } from './webhooks.ts';

export type SimulateCommand = Readonly<{
  simulation: Simulation;
  url: URL;
  token: string;
  rate: number | null;
  concurrency: number;
  giveUpAfterMs: number;
  /** Null: do not compare. */
  compareUrl: string | null;
  compareWithinMs: number;
  perUser: boolean;
  json: boolean;
}>;

const DAY_MS = 86_400_000;

/** Reads the command line. Throws StackError where there is no token to send. */
export function readOptions(argv: readonly string[], environment: Environment, nowMs: number): SimulateCommand {
  const ingress = environment.INGRESS_PORT || '8080';
  const exporter = `http://127.0.0.1:${environment.EXPORTER_PORT || '9100'}/metrics`;
  const given = new Command('npm run simulate --')
    .description(
      'Posts realistic VXT webhooks, the same ones for the same seed, and says what they must add to the counters.',
    )
    .option('--calls <n>', 'calls; some missed ones are followed by a voicemail, which comes on top', whole(1), 1_000)
    .option('--rate <n>', 'webhooks a second; 0: as fast as they are accepted', whole(0), 100)
    .option('--users <n>', 'users of the team', whole(1), 20)
    .option('--seed <n>', 'another seed sends other calls; the same one sends the same ids again', whole(0), 1)
    .option('--duplicates <share>', 'share of webhooks that are sent twice, from 0 to 1', share, 0.03)
    .option('--days <n>', 'days over which the calls are spread', whole(1), 7)
    .option('--from <date>', 'first of these days, YYYY-MM-DD (default: so that the last is yesterday)', date)
    .option('--id-prefix <text>', 'what every id begins with', 'sim-')
    .option('--url <url>', 'where to send', httpUrl, new URL(`http://127.0.0.1:${ingress}/webhooks/vxt`))
    .option('--token <token>', 'bearer token (default: VXT_WEBHOOK_TOKENS, or the one npm start made)')
    .option('--concurrency <n>', 'most requests at once', whole(1), 256)
    .option('--give-up <seconds>', 'how long to try a webhook again', whole(1), 60)
    .option(
      '--compare [url]',
      `wait until the exporter's counters have moved by precisely this (default url: ${exporter})`,
    )
    .option('--compare-within <seconds>', 'how long to wait for that', whole(1), 30)
    .option('--per-user', 'print the expected totals of every user, not only the sums', false)
    .option('--json', 'print the result as JSON only', false)
    .parse([...argv])
    .opts();
  const { seed, calls, users, duplicates, days, idPrefix } = given;
  const yesterday = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return {
    simulation: { seed, calls, users, duplicates, days, idPrefix, fromMs: given.from ?? yesterday - days * DAY_MS },
    url: given.url,
    token: given.token ?? knownToken(environment),
    rate: given.rate === 0 ? null : given.rate,
    concurrency: given.concurrency,
    giveUpAfterMs: given.giveUp * 1_000,
    compareUrl: given.compare === undefined ? null : given.compare === true ? exporter : given.compare,
    compareWithinMs: given.compareWithin * 1_000,
    perUser: given.perUser,
    json: given.json,
  };
}

function knownToken(environment: Environment): string {
  const [first] = (environment.VXT_WEBHOOK_TOKENS ?? '').split(',').map((token) => token.trim());
  if (first !== undefined && first !== '') return first;
  const file = tokenFile(environment.DATA_DIRECTORY || '.data', 'VXT_WEBHOOK_TOKENS');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new StackError('No token to send: run npm start first, set VXT_WEBHOOK_TOKENS, or give --token');
}

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
  return value;
};

function share(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.');
  return value;
}

function date(text: string): number {
  const value = Date.parse(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(value))
    throw new InvalidArgumentError('It must be a date, YYYY-MM-DD.');
  return value;
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:') throw new InvalidArgumentError('It must be an http:// URL.');
  return url;
}

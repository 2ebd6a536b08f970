/** `npm start`: the whole system on this machine, until Ctrl-C. */
import { Command } from 'commander';
import { SettingsError } from '../../services/shared/config/settings.ts';
import { StackError } from '../stack/stack-error.ts';
import { start } from './start.ts';
import { createVoice } from './voice.ts';

const { reset } = new Command('npm start --')
  .description('Starts Kafka, a schema registry and the three services on this machine, until Ctrl-C.')
  .option('--reset', 'wipe all data first', false)
  .parse()
  .opts<{ reset: boolean }>();

// The terminal may close before everything has been stopped: what is said then is said to nobody.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const voice = createVoice(process.stdout, process.stderr, Date.now);
// Node would print kafkajs's timers that are already due (TimeoutNegativeWarning) between the lines for people.
process.removeAllListeners('warning');
const stopAsked = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopAsked.abort());

// npm killed with -9 forwards no signal: the launcher then notices that it has another parent.
const npmPid = process.env.npm_lifecycle_event === undefined ? null : process.ppid;
const watch = setInterval(() => {
  if (npmPid !== null && process.ppid !== npmPid) stopAsked.abort();
}, 500);

try {
  await start({ environment: process.env, reset, voice, stopAsked: stopAsked.signal, npmPid });
  process.exitCode = 0;
} catch (error) {
  const expected = error instanceof StackError || error instanceof SettingsError;
  voice.fail(expected ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
} finally {
  clearInterval(watch);
}
process.exit();

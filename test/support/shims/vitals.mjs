// Preloaded into a service (`NODE_OPTIONS=--import`): at SIGUSR2 it collects garbage and writes to VITALS_FILE, as JSON, what its memory holds, how many
// connections are open, and the longest turns of its event loop since the signal before.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env.VITALS_FILE;
const EVERY_MS = 20;
/** Shorter turns are not worth a line. */
const LONG_MS = 200;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** How long the main thread has waited for a processor so far, in milliseconds; null where the system does not say. */
const waitedMs = () => {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return null;
  }
};
const ranMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

let turns = [];
let before = { atMs: performance.now(), waitedMs: waitedMs(), ranMs: ranMs() };
setInterval(() => {
  const now = { atMs: performance.now(), waitedMs: waitedMs(), ranMs: ranMs() };
  const tookMs = now.atMs - before.atMs;
  if (tookMs > LONG_MS) {
    // Other processes may keep this one from running: that is no fault of its own.
    const blockedMs = now.waitedMs === null ? now.ranMs - before.ranMs : tookMs - (now.waitedMs - before.waitedMs);
    turns.push({ endedMs: Date.now(), tookMs, blockedMs, ranMs: now.ranMs - before.ranMs });
  }
  before = now;
}, EVERY_MS).unref();

process.on('SIGUSR2', () => {
  const longestTurns = turns.sort((a, b) => b.blockedMs - a.blockedMs).slice(0, 20);
  collectGarbage();
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const connections = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  writeFileSync(`${file}.new`, JSON.stringify({ longestTurns, heapUsed, external, rss, connections }));
  renameSync(`${file}.new`, file);
  // The turn that collected the garbage is no turn of the service.
  turns = [];
  before = { atMs: performance.now(), waitedMs: waitedMs(), ranMs: ranMs() };
});

/** `npm run simulate`: posts realistic webhooks and says what they must add to the counters. */
import { Presets, SingleBar } from 'cli-progress';
import { messageOf, StackError } from '../stack/stack-error.ts';
import { awaitEqual, scrape } from './compare.ts';
import { readOptions, type SimulateCommand } from './options.ts';
import { type Comparison, describe, toJson } from './report.ts';
import { createSender } from './send.ts';
import { simulate } from './simulate.ts';
import { webhooks } from './webhooks.ts';

async function run(command: SimulateCommand): Promise<boolean> {
  const { simulation, compareUrl } = command;
  const before = compareUrl === null ? null : await scrape(compareUrl);
  await checkReceiver(command.url);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

  const bar = new SingleBar(
    { format: '{bar} {percentage}% | {value}/{total} webhooks | {eta_formatted} left' },
    Presets.shades_classic,
  );
  const shown = process.stderr.isTTY && !command.json;
  if (shown) bar.start([...webhooks(simulation)].length, 0);
  const sender = createSender(command.url, command.token, command.concurrency, command.giveUpAfterMs);
  const result = await simulate({
    sendings: webhooks(simulation),
    sender,
    rate: command.rate,
    concurrency: command.concurrency,
    signal: interrupted.signal,
    onSent: (sent) => (shown ? bar.update(sent) : undefined),
  });
  bar.stop();
  sender.close();

  const comparison: Comparison | null =
    compareUrl === null || before === null
      ? null
      : { url: compareUrl, ...(await awaitEqual(compareUrl, result.expected, before, command.compareWithinMs)) };
  console.log(command.json ? toJson(result, comparison) : describe(result, comparison, command.perUser));
  const complete = !interrupted.signal.aborted && result.accepted === result.sent;
  return complete && (comparison === null || comparison.differ.length === 0);
}

/** Fails at once where nothing listens; later on, a receiver that goes away is waited for. */
async function checkReceiver(url: URL): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  if (answer === null)
    throw new StackError(`${url} does not answer: is npm start running? --url names another address`);
  await answer.body?.cancel();
}

try {
  process.exitCode = (await run(readOptions(process.argv, process.env, Date.now()))) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

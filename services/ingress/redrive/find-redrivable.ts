import type { TopicId } from '../../shared/call-events/topics.ts';
import type { EventMessage } from '../domain/event-message.ts';
import type { Judgement } from './judge-kept.ts';
import { type KeptWebhook, markedPlace, type Place, type Places } from './kept-webhook.ts';

/** A kept webhook that today's parser recognises, and the event it becomes. */
export type Redrivable = Readonly<{ place: Place; timestampMs: number; message: EventMessage }>;

/** A kept webhook that could not be redriven, and why. */
export type Failure = Readonly<{ place: Place; reason: string }>;

/** What one reading of the topic found. */
export type Findings = Readonly<{
  /** How many are recognised and not redriven yet, by topic. */
  redrivable: Readonly<Partial<Record<TopicId, number>>>;
  /** The first of them, in the order in which they were received. */
  first: readonly Redrivable[];
  /** How many were redriven before. */
  redrivenBefore: number;
  /** How many are still not recognised, by reason. */
  unrecognised: Readonly<Record<string, number>>;
  broken: readonly Failure[];
}>;

/** Takes the records of the topic, in any order. */
export type Finder = Readonly<{ add: (kept: KeptWebhook) => void; findings: () => Findings }>;

/** What an event takes in memory beside its bytes. */
const OVERHEAD_BYTES = 1_024;

/** Keeps in memory only the first events, up to `keepBytes` (0: none, else at least one), and the places of what is broken. */
export function createFinder(judge: (kept: KeptWebhook) => Judgement, redriven: Places, keepBytes: number): Finder {
  const redrivable: Partial<Record<TopicId, number>> = {};
  const unrecognised: Record<string, number> = {};
  const broken: Failure[] = [];
  const first = createFirst(keepBytes);
  let redrivenBefore = 0;

  return {
    add: (kept) => {
      if (markedPlace(kept) !== null) return;
      const { partition, offset, timestampMs } = kept;
      const place = { partition, offset };
      if (redriven.has(place)) {
        redrivenBefore += 1;
        return;
      }
      const judgement = judge(kept);
      if (judgement.kind === 'broken') broken.push({ place, reason: judgement.reason });
      else if (judgement.kind === 'unrecognised') count(unrecognised, judgement.reason);
      else {
        count(redrivable, judgement.message.topic);
        first.add({ place, timestampMs, message: judgement.message });
      }
    },
    findings: () => ({ redrivable, first: first.inOrder(), redrivenBefore, unrecognised, broken }),
  };
}

function count<Name extends string>(counts: Partial<Record<Name, number>>, name: Name): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** The first in order of all that were added, as many as fit. */
function createFirst(
  keepBytes: number,
): Readonly<{ add: (one: Redrivable) => void; inOrder: () => readonly Redrivable[] }> {
  let kept: Redrivable[] = [];
  let bytes = 0;
  /** The first that did not fit: what comes after it must not go before it. */
  let cut: Redrivable | null = null;
  const inOrder = (): readonly Redrivable[] => {
    kept.sort(byReceipt);
    let fitting = 0;
    bytes = 0;
    for (const one of kept) {
      if (fitting > 0 && bytes + sizeOf(one) > keepBytes) break;
      bytes += sizeOf(one);
      fitting += 1;
    }
    cut = kept[fitting] ?? cut;
    kept = kept.slice(0, fitting);
    return kept;
  };
  return {
    add: (one) => {
      if (keepBytes === 0 || (cut !== null && byReceipt(one, cut) > 0)) return;
      kept.push(one);
      bytes += sizeOf(one);
      if (bytes > 2 * keepBytes) inOrder();
    },
    inOrder,
  };
}

const sizeOf = ({ message }: Redrivable): number => message.value.length + OVERHEAD_BYTES;

const byReceipt = (a: Redrivable, b: Redrivable): number =>
  a.timestampMs - b.timestampMs || a.place.partition - b.place.partition || a.place.offset - b.place.offset;

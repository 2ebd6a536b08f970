import type { TopicId } from '../../shared/call-events/topics.ts';
import type { EventMessage } from '../domain/event-message.ts';
import { type KeptWebhook, markedPlace, type Place, type Places } from './kept-webhook.ts';
import type { Reparsed } from './reparse.ts';

/** A kept webhook that the current parser recognises, and its event. */
export type Redrivable = Readonly<{ place: Place; timestampMs: number; message: EventMessage }>;

/** A kept webhook that could not be redriven, and why. */
export type Failure = Readonly<{ place: Place; reason: string }>;

/** What one pass over the topic found. */
export type Findings = Readonly<{
  /** How many are now recognised and not yet redriven, by topic. */
  redrivable: Readonly<Partial<Record<TopicId, number>>>;
  /** The first of them, in order of receipt. */
  first: readonly Redrivable[];
  /** How many were redriven by earlier runs. */
  redrivenBefore: number;
  /** How many are still not recognised, by reason. */
  unrecognised: Readonly<Record<string, number>>;
  broken: readonly Failure[];
}>;

/** Takes the records of the topic, in any order. */
export type Finder = Readonly<{ add: (kept: KeptWebhook) => void; findings: () => Findings }>;

/** Memory that an event takes in addition to its bytes. */
const OVERHEAD_BYTES = 1_024;

/** Keeps only the first events in memory, up to `keepBytes` (at least one; none for 0), and the places of broken records. */
export function createFinder(parse: (kept: KeptWebhook) => Reparsed, redriven: Places, keepBytes: number): Finder {
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
      const parsed = parse(kept);
      if (parsed.kind === 'broken') broken.push({ place, reason: parsed.reason });
      else if (parsed.kind === 'unrecognised') count(unrecognised, parsed.reason);
      else {
        count(redrivable, parsed.message.topic);
        first.add({ place, timestampMs, message: parsed.message });
      }
    },
    findings: () => ({ redrivable, first: first.inOrder(), redrivenBefore, unrecognised, broken }),
  };
}

function count<Name extends string>(counts: Partial<Record<Name, number>>, name: Name): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** The first of all added events in order of receipt, as many as fit. */
function createFirst(
  keepBytes: number,
): Readonly<{ add: (one: Redrivable) => void; inOrder: () => readonly Redrivable[] }> {
  let kept: Redrivable[] = [];
  let bytes = 0;
  /** The first event that did not fit: no later one may be kept, or it would overtake this one. */
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

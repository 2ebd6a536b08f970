import { topicName } from '../../shared/call-events/topics.ts';
import { type OutgoingRecord, sizeOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import type { Failure, Redrivable } from './find-redrivable.ts';
import { coordinatesOf, type Places, REDRIVEN_HEADER } from './kept-webhook.ts';
import type { RedriveWriter } from './redrive-writer.ts';

/** The most of one transaction, and so of one request and of one batch of a partition; a larger event goes alone. */
const BATCH_EVENTS = 200;
const BATCH_BYTES = 512 * 1024;

export type PublishOptions = Readonly<{
  writer: RedriveWriter;
  topicPrefix: string;
  partitionOf: (key: string | null) => number;
  /** What was redriven: by anyone, while this goes on too. */
  redriven: Places;
  /** Called after every transaction with the events it published. */
  onPublished: (events: readonly Redrivable[]) => void;
}>;

/**
 * Publishes each event in one transaction with its marker, many of them at once. Where Kafka refuses a transaction for what is in it, its halves are tried one
 * after the other, down to the event it refuses: that one is returned, the others are published, and the order is kept.
 */
export async function publishRedrivable(
  events: readonly Redrivable[],
  options: PublishOptions,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  const publish = async (some: readonly Redrivable[]): Promise<void> => {
    const left = some.filter(({ place }) => !options.redriven.has(place));
    const [only] = left;
    if (only === undefined) return;
    const refusal = await options.writer.write(left.flatMap((one) => recordsOf(one, options)));
    if (refusal === null) {
      for (const { place } of left) options.redriven.add(place);
      options.onPublished(left);
    } else if (left.length === 1) failures.push({ place: only.place, reason: refusal });
    else {
      const half = Math.ceil(left.length / 2);
      await publish(left.slice(0, half));
      await publish(left.slice(half));
    }
  };
  for (const batch of batches(events, options)) await publish(batch);
  return failures;
}

function* batches(events: readonly Redrivable[], options: PublishOptions): Generator<readonly Redrivable[]> {
  let batch: Redrivable[] = [];
  let bytes = 0;
  for (const one of events) {
    const size = recordsOf(one, options).reduce((sum, record) => sum + sizeOf(record), 0);
    if (batch.length === BATCH_EVENTS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** The event and its marker. */
function recordsOf(
  { place, message }: Redrivable,
  { topicPrefix, partitionOf }: PublishOptions,
): readonly OutgoingRecord[] {
  const topic = topicName(topicPrefix, message.topic);
  const marker = {
    topic: topicName(topicPrefix, 'unrecognisedWebhooks'),
    partition: place.partition,
    key: null,
    value: null,
    headers: { [REDRIVEN_HEADER]: coordinatesOf(place), to: topic },
  };
  return [{ ...message, topic, partition: partitionOf(message.key) }, marker];
}

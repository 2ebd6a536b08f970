import type { SeverableKafka } from '../../shared/kafka/connection.ts';
import { startTableReader } from '../../shared/kafka/table-reader.ts';
import { createEndsQuestion } from '../../shared/kafka/table-reader-ends.ts';
import { createPlaces, type KeptWebhook, markedPlace, type Places } from './kept-webhook.ts';

/** The topic `unrecognised-webhooks`, and what its markers say. */
export type KeptLog = Readonly<{
  topic: string;
  /** What was redriven, as far as it is read. It follows the topic, as another run may still commit something until it is fenced. */
  redriven: Places;
  /** Resolves once every marker that is in the topic now is in `redriven`. */
  upToDate: () => Promise<void>;
  /** Reads the whole topic, each partition in order. */
  read: (onKept: (kept: KeptWebhook) => void) => Promise<void>;
  close: () => Promise<void>;
}>;

export function openKeptLog(kafka: SeverableKafka['kafka'], topic: string, groupPrefix: string): KeptLog {
  const redriven = createPlaces();
  const startReader = (onKept: (kept: KeptWebhook) => void) =>
    startTableReader(kafka, { topics: [topic], groupPrefix }, (records) => records.forEach(onKept));
  const ends = createEndsQuestion(kafka, [topic]);
  const markers = startReader((kept) => {
    const place = markedPlace(kept);
    if (place !== null) redriven.add(place);
  });

  return {
    topic,
    redriven,
    upToDate: async () => {
      const found = await ends.ask();
      const reached = found.map(({ partition, high }) => markers.reached(topic, partition, high));
      await Promise.race([Promise.all(reached), rejectionOf(markers.failed)]);
    },
    read: async (onKept) => {
      const reader = startReader(onKept);
      try {
        await Promise.race([reader.caughtUp, rejectionOf(reader.failed)]);
      } finally {
        await reader.stop();
      }
    },
    close: async () => {
      await markers.stop();
      await ends.close();
    },
  };
}

const rejectionOf = (failed: Promise<Error>): Promise<never> => failed.then((error) => Promise.reject(error));

/** What became of a record. `duplicate` and `conflict` are repeated ids with the same content and with other content. */
export type Outcome = 'applied' | 'duplicate' | 'conflict' | 'dead_letter';

/** What became of the records of the next transaction, by topic. */
export type OutcomeCounts = Readonly<{
  add: (topic: string, outcome: Outcome) => void;
  /** Starts to count from zero, and returns a function that reports the counts so far. */
  take: () => () => void;
}>;

export function createOutcomeCounts(report: (topic: string, outcome: Outcome, count: number) => void): OutcomeCounts {
  let counts = new Map<string, Map<Outcome, number>>();
  return {
    add: (topic, outcome) => {
      const ofTopic = counts.get(topic) ?? new Map<Outcome, number>();
      counts.set(topic, ofTopic.set(outcome, (ofTopic.get(outcome) ?? 0) + 1));
    },
    take: () => {
      const taken = counts;
      counts = new Map();
      return () => {
        for (const [topic, ofTopic] of taken) for (const [outcome, count] of ofTopic) report(topic, outcome, count);
      };
    },
  };
}

/** Which of how many processes on this machine this one is: each has a spool of its own. */
export type WorkerSlot = Readonly<{ slot: number; workers: number }>;

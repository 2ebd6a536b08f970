/** This process's number among the worker processes on this machine, and how many there are. Each has a spool of its own. */
export type WorkerSlot = Readonly<{ slot: number; workers: number }>;

/** The log may not be the one that was read. The task that read it is restored, which checks the log itself. */
export class LogChangedError extends Error {
  override readonly name: string = 'LogChangedError';
  readonly retriable = true;
}

/** A topic was deleted. */
export class TopicGoneError extends LogChangedError {
  override readonly name = 'TopicGoneError';

  constructor(topics: readonly string[]) {
    super(`${topics.join(' or ')} was deleted`);
  }
}

/** The log may not be the one that was read: only a look at it tells, so the task that read it is restored. */
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

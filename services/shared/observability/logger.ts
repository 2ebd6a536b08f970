import pino from 'pino';

/**
 * One JSON line per fact: `event` is a stable name in past tense or state (`webhook-refused`, `lane-renewed`), the
 * other fields are listed in `LogFields`, so that nothing of a payload, a token or a person can slip in.
 */
export type LogFields = Readonly<{
  [Field in
    | 'topic'
    | 'partition'
    | 'offset'
    | 'fromOffset'
    | 'toOffset'
    | 'count'
    | 'bytes'
    | 'records'
    | 'share'
    | 'durationMs'
    | 'lagMs'
    | 'lane'
    | 'worker'
    | 'pid'
    | 'signal'
    | 'port'
    | 'host'
    | 'address'
    | 'reason'
    | 'problem'
    | 'hint'
    | 'version'
    | 'schemaId'
    | 'subject'
    | 'group'
    | 'members'
    | 'generation'
    | 'partitions'
    | 'partitionsLeft'
    | 'attempt'
    | 'retriable'
    | 'errorType'
    | 'errorCode'
    | 'broker'
    | 'state'
    | 'setting'
    | 'ids']?: string | number | boolean | null | readonly number[];
}>;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export type Logger = Readonly<{
  debug: (event: string, fields?: LogFields) => void;
  info: (event: string, fields?: LogFields) => void;
  warn: (event: string, fields?: LogFields) => void;
  error: (event: string, fields?: LogFields) => void;
  fatal: (event: string, fields?: LogFields) => void;
}>;

/** A logger that writes to standard output, synchronously, so that the last line before an exit is not lost. */
export function createLogger(service: string, level: LogLevel): Logger {
  const out = pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 1, sync: true }),
  );
  const at =
    (name: Exclude<LogLevel, 'silent' | 'trace'>) =>
    (event: string, fields: LogFields = {}) =>
      out[name]({ event, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), fatal: at('fatal') };
}

/** What may be said of an error: its type, code and message. Messages of ours and of kafkajs hold no payload. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { problem: String(error) };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
      ? { errorCode: error.code }
      : {};
  const retriable = 'retriable' in error && typeof error.retriable === 'boolean' ? { retriable: error.retriable } : {};
  return { problem: error.message, errorType: error.name, ...code, ...retriable };
}

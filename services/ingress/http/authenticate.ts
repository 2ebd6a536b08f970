import type { RequestHandler } from 'express';
import type { TokenCheck } from '../../shared/http/bearer-tokens.ts';
import type { IngressMetrics } from '../ingress-metrics.ts';
import type { Answer } from './answers.ts';
import { createFailedAttempts } from './failed-attempts.ts';
import type { RefusedTokensLog } from './refused-tokens-log.ts';
import { senderAddress } from './sender-address.ts';

type Options = Readonly<{
  checkToken: TokenCheck;
  metrics: Pick<IngressMetrics, 'authFailed'>;
  refusedTokens: Pick<RefusedTokensLog, 'refused'>;
  authFailuresPerMinute: number;
  monotonicMs: () => number;
}>;

/**
 * Lets requests with a valid token pass. Only failures count against an address, so a valid sender behind the same
 * address is never slowed. The address is the connection's: headers that name another are anybody's to write.
 */
export function authenticate(options: Options, answer: Answer): RequestHandler {
  const { checkToken, metrics, refusedTokens, authFailuresPerMinute, monotonicMs } = options;
  const failedAttempts = createFailedAttempts();
  return (request, response, next) => {
    if (checkToken(request.headers.authorization)) return next();
    metrics.authFailed();
    const address = senderAddress(request.socket.remoteAddress);
    refusedTokens.refused(address);
    const failures = failedAttempts(address, monotonicMs());
    answer(response, 'none', failures > authFailuresPerMinute ? 'rate_limited' : 'unauthorized');
  };
}

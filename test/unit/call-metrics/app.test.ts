import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { callMetricsApp } from '../../../services/call-metrics/app.ts';

/** Asks the query API, whose totals are still being read. */
async function whileRestoring(path: string, init: RequestInit = {}) {
  const app = callMetricsApp({
    checkToken: (authorization) => authorization === 'Bearer right',
    queries: {
      users: () => {
        throw new Error('asked before the totals were read');
      },
      callMetrics: () => {
        throw new Error('asked before the totals were read');
      },
    },
    caughtUp: () => false,
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { response, body: (await response.json()) as { status: number; title: string } };
  } finally {
    server.close();
  }
}

describe('While the totals are being read', () => {
  test.each(['/v1/users', '/v1/users/u-1/call-metrics', '/v1/numbers/%2B6495550100/call-metrics'])(
    '%s answers 503, and never a number that is too small',
    async (path) => {
      const { response, body } = await whileRestoring(path, { headers: { authorization: 'Bearer right' } });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('2');
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ status: 503, title: 'Restoring' });
    },
  );

  test('a wrong token is refused all the same', async () => {
    expect((await whileRestoring('/v1/users')).response.status).toBe(401);
  });
});

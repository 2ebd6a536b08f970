import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { API_TOKEN, type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

const document = parse(readFileSync(join(import.meta.dirname, '../../schemas/openapi.yaml'), 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'openapi', ...document });

/** What the schema of the document has against a value; null for nothing. */
function problemsOf(schema: string, value: unknown): string | null {
  const validate = ajv.compile({ $ref: `openapi#/components/schemas/${schema}` });
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

let service: CallMetricsProcess;

beforeAll(async () => {
  const bench = await projectionBench();
  service = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 500, seed: 71 }));
  await bench.settle();
});
afterAll(async () => {
  await service.end('SIGKILL');
});

test.each([
  ['/v1/users', '/v1/users?limit=5', 200, 'UsersPage'],
  ['/v1/users', '/v1/users?limit=x', 400, 'Problem'],
  ['/v1/users/{uid}/call-metrics', '/v1/users/u-1/call-metrics', 200, 'CallMetrics'],
  ['/v1/users/{uid}/call-metrics', '/v1/users/u-1/call-metrics?from=2026-11-01&to=2026-11-30', 200, 'CallMetrics'],
  ['/v1/users/{uid}/call-metrics', '/v1/users/nobody/call-metrics', 404, 'Problem'],
  ['/v1/numbers/{e164}/call-metrics', '/v1/numbers/%2B6495550001/call-metrics', 200, 'CallMetrics'],
  ['/v1/numbers/{e164}/call-metrics', '/v1/numbers/%2B6495550001/call-metrics?from=x', 400, 'Problem'],
])(
  'When %s is asked for as %s, then the answer is a documented %i of the schema %s',
  async (path, url, status, schema) => {
    const response = await fetch(service.url + url, { headers: { authorization: `Bearer ${API_TOKEN}` } });
    expect(response.status).toBe(status);
    expect(Object.keys(document.paths[path].get.responses)).toContain(String(status));
    expect(problemsOf(schema, await response.json())).toBeNull();
  },
);

test('When no token is sent, then the answer is a documented 401', async () => {
  const response = await fetch(`${service.url}/v1/users`);
  expect([response.status, problemsOf('Problem', await response.json())]).toEqual([401, null]);
});

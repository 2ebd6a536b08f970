import { expect } from '@jest/globals';
import type { ServiceProcess } from './service-process.ts';

/** kafkajs makes Node warn once (README.md, Troubleshooting). */
export const quiet = { NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning' } as const;

/** All that a process wrote is log lines of ours, whatever libraries would have said. */
export function expectOnlyLogLines(service: ServiceProcess): void {
  const lines = service.output().split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('{"level":'))).toEqual([]);
  for (const line of lines) if (line !== '') expect(JSON.parse(line)).toMatchObject({ event: expect.any(String) });
}

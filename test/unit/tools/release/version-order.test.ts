import { expect, test } from '@jest/globals';
import { versionProblem } from '../../../../tools/release/version-order.ts';

test.each([
  ['0.1.0', '0.1.0'],
  ['0.1.1', '0.1.0'],
  ['0.10.0', '0.9.9'],
  ['1.0.0', '0.9.9'],
])('%s may be released when package.json says %s', (version, current) => {
  expect(versionProblem(version, current)).toBeNull();
});

test.each([
  ['0.1.0', '0.1.1', 'is lower than'],
  ['0.9.9', '0.10.0', 'is lower than'],
  ['1.9.9', '2.0.0', 'is lower than'],
  ['v1.0.0', '0.1.0', 'is not a version'],
  ['1.0', '0.1.0', 'is not a version'],
  ['', '0.1.0', 'is not a version'],
])('"%s" may not be released when package.json says %s: it %s', (version, current, problem) => {
  expect(versionProblem(version, current)).toContain(problem);
});

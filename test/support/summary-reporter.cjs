'use strict';
const { appendFileSync } = require('node:fs');

/**
 * Ends a run with the names of skipped tests and a summary line: `N passed, N failed`, and `, N skipped` if there are any. A file that could not run counts as one failure.
 * If TEST_COUNTS_FILE is set, the counts are also appended to that file, one JSON line per run, so that several runs can be summed.
 */
class SummaryReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap((file) =>
      file.testResults
        .filter(({ status }) => status === 'pending' || status === 'todo' || status === 'skipped')
        .map(({ fullName }) => fullName),
    );
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: skipped.length,
    };
    const lines = [
      ...(skipped.length > 0 ? [`Skipped ${skipped.length}:`, ...skipped.map((name) => `  - ${name}`)] : []),
      `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
    ];
    // Jest prints its own summary after all reporters, so only output at exit is last.
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
    const { TEST_COUNTS_FILE: file } = process.env;
    if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
  }
}

module.exports = SummaryReporter;

'use strict';
const { appendFileSync } = require('node:fs');

/**
 * Ends a run with what was skipped, by name, and one line that says it all: `N passed, N failed` and `, N skipped` if any. A file that could not run counts
 * as one failure. With TEST_COUNTS_FILE set, the counts are also appended to that file, one JSON line a run, so that several runs can be added up.
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
    // Jest adds its own summary behind all reporters: only the end of the process is the last word.
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
    const { TEST_COUNTS_FILE: file } = process.env;
    if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
  }
}

module.exports = SummaryReporter;

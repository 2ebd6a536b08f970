import { describe, expect, test } from '@jest/globals';
import { cutRelease } from '../../../../tools/release/changelog.ts';

const heading = '# Changelog\n\n';

describe('When a release is cut', () => {
  test('then what was unreleased is under its version and day, and nothing is unreleased', () => {
    const before = `${heading}## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- The first.\n`;
    expect(cutRelease(before, '0.2.0', '2026-12-01')).toBe(
      `${heading}## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- The first.\n`,
    );
  });

  test('for the first time, then there is no older section to keep', () => {
    expect(cutRelease(`${heading}## [Unreleased]\n\n- A thing.\n`, '0.1.0', '2026-12-01')).toBe(
      `${heading}## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n- A thing.\n`,
    );
  });

  test.each([
    ['nothing is unreleased', '## [Unreleased]\n\n## [0.0.9] - 2026-01-01\n', 'says nothing under "Unreleased"'],
    ['the version has a section', '## [Unreleased]\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n', 'a section for 0.1.0'],
    ['no heading says "Unreleased"', '## [0.0.9] - 2026-01-01\n', 'no heading "## [Unreleased]"'],
  ])('but %s, then it is refused', (_case, text, message) => {
    expect(() => cutRelease(heading + text, '0.1.0', '2026-12-01')).toThrow(message);
  });
});

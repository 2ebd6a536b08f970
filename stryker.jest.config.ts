import type { Config } from 'jest';

/** The tests that say what the domain does, by example: a mutant must fail one of them. */
const config: Config = {
  testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  testMatch: ['<rootDir>/test/unit/call-metrics/{calendar,evolve,interpret,log-clock}.test.ts'],
};

export default config;

import type { Config } from 'jest';

/** Settings every project shares: native ES modules, types stripped by Node itself, so tests run the code that ships. */
const common = {
  testEnvironment: 'node',
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
} satisfies Config;

const project = (name: string, more: Config = {}): Config => ({
  ...common,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...more,
});

/** Needs a real broker and registry: started once by global-setup, in containers where an engine answers, else on Java. */
const onRealKafka: Config = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

const config: Config = {
  projects: [
    project('unit'),
    project('contract'),
    project('architecture'),
    project('integration', onRealKafka),
    project('e2e', onRealKafka),
    project('security', onRealKafka),
    project('faults', onRealKafka),
    project('soak', onRealKafka),
    project('fuzz', onRealKafka),
    project('containers'),
  ],
  reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs'],
  testTimeout: 120_000,
  maxWorkers: 1,
};

export default config;

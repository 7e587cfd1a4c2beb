import { availableParallelism } from 'node:os';

/**
 * Runs the tests as ES modules, straight from TypeScript (scripts/test.ts sets the Node flag this needs).
 * Tests of a deployed home end in `.cloud.test.ts`: they need an emulator, and scripts/test-cloud.ts runs them with its own pattern.
 */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.cloud\\.test\\.ts$'],
  // Build output and downloaded tools hold copies of package.json files that would collide in jest's module map.
  modulePathIgnorePatterns: ['<rootDir>/(cdk\\.out|dist|\\.oracles|\\.cloud|\\.sst|coverage)/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tests/support/strip-types-transform.mjs' },
  // Tests start hosts and sandboxes of their own, which need the other half of the processors; more workers than two starve them on a small machine.
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  // Tests that only wait for processes of their own run beside each other, so many at a time.
  maxConcurrency: 2,
  // A task sandbox starts in about 0.3 s; a crash test starts several in a row on a busy machine.
  testTimeout: 30_000,
  restoreMocks: true,
  coverageProvider: 'v8',
  coverageDirectory: 'coverage',
  collectCoverageFrom: ['{shared,functions,runner,policy,statemachines,cli,catalog,stacks}/**/*.ts'],
};

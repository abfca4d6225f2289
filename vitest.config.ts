import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/.run/**'],
    globalSetup: ['test/support/services.ts'],
    pool: 'forks', // native code (onnxruntime, libSQL, sharp) that dies takes one file of tests with it, not the run
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000, interval: 20 } }, // things take as long as they take on a busy machine
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/.run/**'],
    globalSetup: ['test/support/services.ts'],
    pool: 'forks', // native code (onnxruntime, libSQL, sharp) that dies takes a worker with it, not the run
    isolate: false, // modules are loaded once a worker: files of tests keep nothing in them that another would mind
    maxWorkers: 3, // a test mostly waits: two cores are busy with three
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000, interval: 20 } }, // things take as long as they take on a busy machine
  },
});

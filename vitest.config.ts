import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What waits most, and cannot be told by its size, goes first: in the end no worker waits for another. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith('/e2e/kill.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/.run/**'],
    globalSetup: ['test/support/services.ts'],
    pool: 'forks', // native code (onnxruntime, libSQL, sharp) that dies takes a worker with it, not the run
    sequence: { sequencer: LongestFirst },
    isolate: false, // modules are loaded once a worker: files of tests keep nothing in them that another would mind
    maxWorkers: 3, // a test mostly waits: two cores are busy with three
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000, interval: 20 } }, // things take as long as they take on a busy machine
  },
});

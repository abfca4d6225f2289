import { openEmbeddedQueue } from '../../src/jobs/embedded.ts';
import { testQueue } from './queue.conformance.ts';

testQueue('embedded', async (log) => {
  const queue = openEmbeddedQueue({ log });
  return { queue, source: queue, [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() };
});

import { randomUUID } from 'node:crypto';
import { openRedisQueue } from '../../src/jobs/bullmq.ts';
import { openRedisWorkSource } from '../../src/jobs/bullmq-source.ts';
import { redisUrl } from '../support/services.ts';
import { testQueue } from './queue.conformance.ts';

testQueue('Redis', async (log) => {
  const options = { url: await redisUrl(), log, name: `test-${randomUUID()}` };
  const queue = await openRedisQueue(options);
  const source = await openRedisWorkSource(options);
  return {
    queue,
    source,
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
});

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { openRedisQueue } from '../../src/jobs/bullmq.ts';
import { openRedisWorkSource } from '../../src/jobs/bullmq-source.ts';
import { silentLog } from '../../src/log.ts';

// One side of a shared line in a process of its own, which a test can kill. Says on stdout what it is at.
const { values } = parseArgs({
  options: {
    side: { type: 'string' },
    url: { type: 'string' },
    name: { type: 'string' },
    heartbeat: { type: 'string' },
  },
});
const { side, url = '', name = '' } = values;
const options = { url, name, log: silentLog, heartbeatMs: Number(values.heartbeat) };
const say = (line: string) => process.stdout.write(`${line}\n`);

if (side === 'worker') {
  const source = await openRedisWorkSource(options);
  say('open');
  await source.consume(async ({ id }, _report, signal) => {
    say(id);
    await once(new EventTarget(), 'never', { signal });
    throw new Error('unreachable');
  }, new AbortController().signal);
} else {
  await openRedisQueue(options);
  say('open');
}

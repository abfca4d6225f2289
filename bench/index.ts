import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { chat } from './chat.ts';
import { compareDevice } from './device.ts';
import { edits } from './edits.ts';
import { fullSize } from './full-size.ts';
import { memory } from './memory.ts';
import { pixelWork } from './pixel-work.ts';
import { line } from './report.ts';
import { sampling } from './sampling.ts';

const { values, positionals } = parseArgs({
  options: { family: { type: 'string' }, device: { type: 'string' }, minutes: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const { family, device, minutes } = values;
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads, Node ${process.version}\n`);
const usual = async () => [...(await edits()), ...(await pixelWork()), ...(await memory()), ...(await sampling())];
/** The chat: `npm run bench -- chat`, `--minutes 10` for longer. */
const named = positionals.includes('chat') ? () => chat(Number(minutes)) : usual;
const chosen = device ? compareDevice(device) : family ? fullSize(family) : named();
for (const measured of await chosen) {
  console.log(line(measured));
  if (measured.limit !== null && measured.value > measured.limit) process.exitCode = 1;
}

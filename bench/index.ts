import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { compareDevice } from './device.ts';
import { edits } from './edits.ts';
import { fullSize } from './full-size.ts';
import { memory } from './memory.ts';
import { pixelWork } from './pixel-work.ts';
import { line } from './report.ts';
import { sampling } from './sampling.ts';

const { family, device } = parseArgs({ options: { family: { type: 'string' }, device: { type: 'string' } } }).values;
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads, Node ${process.version}\n`);
const usual = async () => [...(await edits()), ...(await pixelWork()), ...(await memory()), ...(await sampling())];
const chosen = device ? compareDevice(device) : family ? fullSize(family) : usual();
for (const measured of await chosen) console.log(line(measured));

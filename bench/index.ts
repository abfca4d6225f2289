import { availableParallelism, cpus } from 'node:os';
import { edits } from './edits.ts';
import { memory } from './memory.ts';
import { pixelWork } from './pixel-work.ts';
import { line } from './report.ts';
import { sampling } from './sampling.ts';

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads, Node ${process.version}\n`);
for (const measured of [...(await edits()), ...(await pixelWork()), ...(await memory()), ...(await sampling())])
  console.log(line(measured));

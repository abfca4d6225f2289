import { join } from 'node:path';
import { graphBuilder } from '../../engine/graph/builder.ts';
import { withHypernetworks } from '../../engine/nets/hypernetwork.ts';
import { openHypernetwork } from '../../engine/weights/hypernetwork-file.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { goldenFiles, runOnce } from './checkpoint.ts';

const tolerance = 1e-5;

/** What hypernetworks make of a context, for keys and for values (`hypernet/`). */
export async function* hypernetCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const io of await goldenFiles(dir, /_io\.safetensors$/)) {
    const golden = await readGoldenTensors(join(dir, io));
    for (const file of await goldenFiles(dir, /\.pt$/)) {
      const name = file.slice(0, -'.pt'.length);
      if (!golden.tensors.has(`${name}.context`)) continue;
      yield attempt('models/hypernet', file, () => contextChecks(join(dir, file), golden, name));
    }
  }
}

/** Results are called after their multiplier: `plain.mult0.4.context_k`. */
async function contextChecks(path: string, golden: GoldenTensors, name: string): Promise<Check[]> {
  const file = await openHypernetwork(path);
  const context = golden.get(`${name}.context`);
  const width = context.shape.at(-1)!;
  const checks: Check[] = [];
  const start = `${name}.mult`;
  for (const expected of [...golden.tensors.keys()].filter((tensor) => tensor.startsWith(start))) {
    const [, multiplier, side] = /^(.+)\.context_([kv])$/.exec(expected.slice(start.length)) ?? [];
    const g = graphBuilder('hypernetwork');
    const uses = [{ name, file, multiplier: Number(multiplier) }];
    const given = withHypernetworks(g, g.input('context', 'F32', ['B', 'T', width]), { width, uses });
    g.output('out', side === 'k' ? given.k : given.v);
    const { out } = await runOnce(g.finish(), { context });
    checks.push([expected, tensorError(out!, golden.get(expected)), tolerance]);
  }
  return checks;
}

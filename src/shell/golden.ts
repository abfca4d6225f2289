import { existsSync } from 'node:fs';
import type { GoldenOutcome } from '../golden/outcome.ts';

/** `ok            sampling            traj:euler_a        max error 1.2e-6  tolerance 1e-5` */
export function goldenLine({ area, name, status, maxError, tolerance, reason }: GoldenOutcome): string {
  const word = { ok: 'ok', failed: 'FAILED', 'not covered': 'not covered yet' }[status];
  const numbers =
    maxError === undefined
      ? ''
      : `max error ${maxError.toPrecision(3)}  tolerance ${tolerance?.toPrecision(3) ?? 'exact'}`;
  return [word.padEnd(16), area.padEnd(28), name.padEnd(40), numbers, reason ?? ''].join(' ').trimEnd();
}

/**
 * Runs every golden case in a folder, a line each and a last line `N passed, N failed, N skipped`.
 * @returns whether no covered case failed @throws Error when there is no such folder, or no case in it
 */
export async function runGolden(
  dir: string,
  cases: (dir: string) => AsyncIterable<GoldenOutcome>,
  print: (line: string) => void,
): Promise<boolean> {
  if (!existsSync(dir)) throw new Error(`there is no folder ${dir}`);
  const count = { ok: 0, failed: 0, 'not covered': 0 };
  for await (const outcome of cases(dir)) {
    count[outcome.status]++;
    print(goldenLine(outcome));
  }
  if (count.ok + count.failed + count['not covered'] === 0) {
    throw new Error(`no golden cases in ${dir}: it should have folders img2img, sampling, models or vision`);
  }
  print(`${count.ok} passed, ${count.failed} failed, ${count['not covered']} skipped`);
  return count.failed === 0;
}

import { readFile } from 'node:fs/promises';

/** The most memory this program has had resident, bytes. Not `maxRSS`: after a fork that begins with what the parent had. Linux only. */
export async function peakBytes(): Promise<number> {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8'))?.[1]);
}

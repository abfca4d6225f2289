import type { Screen } from '../progress-bar.ts';
import { shortBytes } from './tables.ts';

const CELLS = 20;
const REDRAW_MS = 200;

/** `▰▰▰▱▱▱  34 % · 2.4 GB of 6.9 GB · 11 MB/s · 6 min left`; without a known size only what came. */
export function pullLine(done: number, total: number | null, bytesPerSecond: number): string {
  const speed = bytesPerSecond > 0 ? ` · ${shortBytes(bytesPerSecond)}/s` : '';
  if (total === null || total === 0) return `${shortBytes(done)}${speed}`;
  const share = Math.min(1, done / total);
  const full = Math.floor(CELLS * share);
  const percent = `${Math.floor(100 * share)}`.padStart(3);
  const left = bytesPerSecond > 0 ? ` · ${timeLeft((total - done) / bytesPerSecond)} left` : '';
  return `${'▰'.repeat(full)}${'▱'.repeat(CELLS - full)} ${percent} % · ${shortBytes(done)} of ${shortBytes(total)}${speed}${left}`;
}

function timeLeft(seconds: number): string {
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.ceil(seconds)} s`;
}

/** Redraws one line of a terminal; on anything else it tells the name once and nothing more. */
export function pullBar(screen: Screen, file: string) {
  let first: { readonly at: number; readonly done: number } | undefined;
  let drawnAt = 0;
  if (!screen.isTTY) screen.write(`fetching ${file}\n`);
  return {
    show(done: number, total: number | null): void {
      const now = performance.now();
      first ??= { at: now, done };
      if (!screen.isTTY || (now - drawnAt < REDRAW_MS && done !== total)) return;
      drawnAt = now;
      const seconds = (now - first.at) / 1000;
      const speed = seconds > 1 ? (done - first.done) / seconds : 0;
      screen.write(`\r\x1b[K${file}  ${pullLine(done, total, speed)}`);
    },
    end: () => void (screen.isTTY && screen.write('\r\x1b[K')),
  };
}

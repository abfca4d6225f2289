import type { Progress } from '../edit/request.ts';

/** Where a bar is drawn: standard error of a terminal, or something a test reads. */
export interface Screen {
  readonly isTTY: boolean;
  write(text: string): unknown;
}

const CELLS = 12;

/** `▰▰▰▰▱▱▱▱▱▱▱▱  34 % · sampling 7/20` */
export function barOf({ fraction, phase, step, steps }: Progress): string {
  const full = Math.round(CELLS * Math.min(1, Math.max(0, fraction)));
  const percent = `${Math.round(100 * fraction)}`.padStart(3);
  const count = phase === 'sampling' && steps > 0 ? ` ${step}/${steps}` : '';
  return `${'▰'.repeat(full)}${'▱'.repeat(CELLS - full)} ${percent} % · ${phase}${count}`;
}

/** Redraws one line of a terminal; on anything else it writes a line per phase. */
export function progressBar(screen: Screen): { show(progress: Progress): void; end(): void } {
  let lastPhase = '';
  return {
    show(progress) {
      if (screen.isTTY) screen.write(`\r\x1b[K${barOf(progress)}`);
      else if (progress.phase !== lastPhase) screen.write(`${barOf(progress)}\n`);
      lastPhase = progress.phase;
    },
    end: () => void (screen.isTTY && screen.write('\r\x1b[K')),
  };
}

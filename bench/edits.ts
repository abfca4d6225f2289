import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import sharp from 'sharp';
import { defaultParams, type EditRequest, toBlobRef } from '../src/edit/index.ts';
import { openEngineHost } from '../src/jobs/engine-host.ts';
import { silentLog } from '../src/log.ts';
import { peakBytes } from './peak.ts';
import { type Measured, median, timed } from './report.ts';

const home = resolve(import.meta.dirname, '..');

async function firstEdit(dir: string, photo: string): Promise<Measured> {
  const words = [
    'edit',
    photo,
    '--prompt',
    'a cat on a blue background',
    '--strength',
    '1',
    '--out',
    join(dir, 'out.png'),
  ];
  const run = () =>
    new Promise<void>((done, fail) => {
      const env = { ...process.env, PALIMPSEST_DATA: dir, PALIMPSEST_MODELS: dir };
      const child = spawn(process.execPath, [join(home, 'dist/main.js'), ...words], { env, stdio: 'ignore' });
      child.on('exit', (code) => (code === 0 ? done() : fail(new Error(`palimpsest edit ended with ${code}`))));
    });
  return {
    what: 'start to finished first edit, 256², 20 steps',
    value: (await timed(run)) / 1000,
    unit: 's',
    limit: 8,
  };
}

/** The built-in model behind a free thread: how long an edit takes, how the thread that waits feels, how much memory it all has. */
async function laterEdits(dir: string, bytes: Uint8Array): Promise<readonly Measured[]> {
  await using engine = await openEngineHost(
    {
      ...{
        modelsDir: dir,
        cacheDir: dir,
        builtinModel: join(home, 'models/palimpsest-tiny.safetensors'),
        version: 'bench',
      },
      ...{ device: 'cpu', memoryBudgetMb: 6000, previews: 'auto', threads: null },
    },
    silentLog,
  );
  const init = toBlobRef(`sha256-${'0'.repeat(64)}`);
  const params = {
    ...defaultParams,
    checkpoint: 'palimpsest-tiny',
    prompt: 'a cat on a blue background',
    denoisingStrength: 1,
    seed: 1,
    subseed: 1,
  };
  const request: EditRequest = { version: 1, init, mask: null, width: 256, height: 256, params };
  const io = { fetch: async () => bytes, progress() {}, signal: new AbortController().signal };
  const once = () => engine.run({ kind: 'edit', request }, io);
  await once();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push((await timed(once)) / 1000);
  delay.disable();
  return [
    { what: 'a later edit, 256², 20 steps, built-in model', value: median(times), unit: 's', limit: 1.5 },
    {
      what: 'event-loop delay of the chat thread meanwhile, p99',
      value: delay.percentile(99) / 1e6,
      unit: 'ms',
      limit: 20,
    },
    { what: 'resident memory of the process, peak', value: (await peakBytes()) / 1e6, unit: 'MB', limit: 700 },
  ];
}

export async function edits(): Promise<readonly Measured[]> {
  const dir = await mkdtemp(join(tmpdir(), 'palimpsest-bench-'));
  try {
    const bytes = await sharp({ create: { width: 256, height: 256, channels: 3, background: '#8ac' } })
      .png()
      .toBuffer();
    const photo = join(dir, 'photo.png');
    await writeFile(photo, bytes);
    return [await firstEdit(dir, photo), ...(await laterEdits(dir, bytes))];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

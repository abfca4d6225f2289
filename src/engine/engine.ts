import { basename, extname } from 'node:path';
import type { BlobRef } from '../edit/blob.ts';
import type { Catalog } from '../edit/catalog.ts';
import type { Params } from '../edit/fields.ts';
import type { EditOutcome, EditRequest, Progress, Task } from '../edit/request.ts';
import { Refusal } from '../errors.ts';
import { extrasFrom } from './extras.ts';
import { decodePicture } from './image/decode.ts';
import { openLibrary } from './library/library.ts';
import { type NoisePool, openNoisePool } from './noise/noise-pool.ts';
import { type EngineLog, type Opened, type OpenModels, openModels } from './open-models.ts';
import { edit, type Models, type Refiner, type Sources } from './pipeline/edit.ts';
import { enlarged } from './pipeline/enlarge.ts';
import type { FindExtras } from './pipeline/extras.ts';
import { openReporter } from './pipeline/reporter.ts';
import { requestMask } from './pipeline/request-mask.ts';
import { sketched } from './pipeline/sketched.ts';
import type { FindStyles } from './pipeline/styles.ts';
import { openPreviews, type PreviewMethod, type Previews } from './previews.ts';
import { openTokenizer, type Tokenize } from './prompt/tokenizer.ts';
import { stylesIn } from './styles.ts';

/** How an engine is set up. Plain data: it crosses a thread boundary. */
export interface EngineOptions {
  /** People's models, in the folders of A1111 (`Stable-diffusion`, …). */
  readonly modelsDir: string;
  /** The checkpoint that ships with the product; offered last, and used when there is no other. */
  readonly builtinModel: string;
  /** A folder of our own for what is worth remembering about people's files: their hashes. */
  readonly cacheDir: string;
  /** Version of this program, for infotext. */
  readonly version: string;
  readonly device: 'auto' | 'cpu' | 'webgpu' | 'cuda';
  /** What networks compute in: by default float16 on devices that have it, except for autoencoders. */
  readonly precision?: 'auto' | 'float32' | 'float16';
  /** Models kept open at most, MB of weights, those of their VAE, text encoders and LoRAs among them; at least one stays open while it is needed. */
  readonly memoryBudgetMb: number;
  /** How the small pictures of the current x0 are made that progress carries. */
  readonly previews: PreviewMethod;
  /** Threads for the networks; null lets the runtime choose. */
  readonly threads: number | null;
}

/** Read between sampling steps and tiles; a thread that computes receives no messages. */
export interface CancelSignal {
  readonly cancelled: boolean;
}

export interface EngineIo {
  /** Bytes of a picture the task refers to. */
  fetch(ref: BlobRef): Promise<Uint8Array>;
  progress(progress: Progress): void;
  readonly signal: CancelSignal;
}

/** The pictures: opens models on demand, runs one task at a time. Computes on the calling thread. */
export interface Engine extends AsyncDisposable {
  catalog(): Promise<Catalog>;
  /** @throws Refusal 'cancelled', 'out-of-memory', and whatever is wrong with the request, its pictures or its model */
  run(task: Task, io: EngineIo): Promise<EditOutcome<Uint8Array>>;
}

const silent: EngineLog = { info() {}, warn() {} };

/** Opens nothing yet but the list of hashes; models are opened by the first task that needs them. */
export async function openEngine(options: EngineOptions, log: EngineLog = silent): Promise<Engine> {
  const library = await openLibrary(options);
  const findExtras = extrasFrom(options.modelsDir, library);
  const findStyles = stylesIn(options.modelsDir).find;
  const tokenizer = openTokenizer();
  const pool = openNoisePool();
  const models = openModels({ precision: 'auto', ...options }, { library, log });
  const { modelsDir, previews: method } = options;
  const previews = method === 'off' ? null : openPreviews({ modelsDir, method, device: models.device });
  tokenizer.catch(() => {}); // told by the first task that needs it
  const bench: Bench = { options, models, tokenizer, findExtras, findStyles, pool, previews };
  return {
    catalog: library.catalog,
    run: async (task, io) => {
      try {
        return await runEdit(task, io, bench);
      } catch (error) {
        // What other models hold may be all that was missing.
        if (isOutOfMemory(error) && (await models.closeOthers())) return await runEdit(task, io, bench);
        if (!(error instanceof Refusal)) await models.mistrustDevice();
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => {
      await pool[Symbol.asyncDispose]();
      await previews?.[Symbol.asyncDispose]();
      await models[Symbol.asyncDispose]();
    },
  };
}

const isOutOfMemory = (error: unknown) => error instanceof Refusal && error.code === 'out-of-memory';

interface Bench {
  readonly options: EngineOptions;
  readonly models: OpenModels;
  readonly tokenizer: Promise<Tokenize>;
  readonly findExtras: FindExtras;
  readonly findStyles: FindStyles;
  readonly pool: NoisePool;
  readonly previews: Previews | null;
}

async function runEdit({ request }: Task, io: EngineIo, bench: Bench): Promise<EditOutcome<Uint8Array>> {
  const { progress, signal } = io;
  const report = openReporter({ progress, signal, preview: bench.previews?.of ?? null });
  report.phase('loading');
  if (request.params.script === 'extras') {
    const file = await io.fetch(request.init);
    return await enlarged(request, { init: await decodePicture(file), file }, report);
  }
  const refining = request.params.refiner === '' ? undefined : await bench.models.of(refinerOf(request.params));
  const opened = await bench.models.of(request.params);
  const { checkpoint, modelHash, vae } = opened;
  const { findExtras, findStyles, options, pool } = bench;
  const tokenize = await bench.tokenizer;
  const models: Models = {
    ...{ checkpoint, modelHash, tokenize, findExtras, findStyles, pool },
    ...(vae && { vae }),
    ...(refining && { refiner: refinerOver(opened, refining, bench.models) }),
    version: options.version,
  };
  return await edit(models, request, await sourcesOf(request, io), report);
}

/** Latents are decoded by the first model's VAE. */
const refinerOf = ({ refiner }: Params) => ({ checkpoint: refiner, vae: 'Automatic' });

function refinerOver(first: Opened, refiner: Opened, models: OpenModels): Refiner {
  const { path, checkpoint, modelHash } = refiner;
  return {
    checkpoint,
    title: `${basename(path, extname(path))} [${modelHash}]`,
    turn: (to) => models.use(to === 'refiner' ? refiner : first),
  };
}

/** The pictures a request names, with what was painted over them. */
async function sourcesOf(request: EditRequest, io: EngineIo): Promise<Sources> {
  const { mask, sketch, params } = request;
  const init = await decodePicture(await io.fetch(request.init));
  const drawn = sketch && sketched(init, await decodePicture(await io.fetch(sketch.painted)), sketch.kind, params);
  if (drawn?.mask || !mask) return drawn ?? { init, mask: null };
  const masked = mask.kind === 'image' ? await decodePicture(await io.fetch(mask.blob)) : init;
  return { init: drawn?.init ?? init, mask: requestMask(masked, mask, params, init) };
}

import { basename } from 'node:path';
import type { Params } from '../edit/fields.ts';
import type { NamedHash } from '../edit/infotext.ts';
import type { Log } from '../log.ts';
import type { FoundCheckpoint } from './library/checkpoints.ts';
import type { Library } from './library/library.ts';
import { type Checkpoint, openCheckpoint } from './pipeline/models.ts';
import { type DeviceWish, workingDevice } from './runtime/choose-device.ts';
import type { DeviceOptions } from './runtime/device.ts';

/** A model that is open, and what it holds in memory. */
export interface Opened {
  readonly path: string;
  /** Of the file, which may be replaced while it is open. */
  readonly version: string;
  readonly checkpoint: Checkpoint;
  /** Where it may have its text encoders from. */
  readonly textFiles: readonly string[];
  readonly modelHash: string;
  /** The VAE file it is used with for now. */
  readonly vae?: NamedHash;
}

/** The models that are open, within the memory budget, on one device. */
export interface OpenModels extends AsyncDisposable {
  /** Opens a model, or finds it open. @throws Refusal for a model that is not there or cannot be used */
  of(wanted: Pick<Params, 'checkpoint' | 'vae'>): Promise<Opened>;
  /** Makes room for a model that will be used next, though others were meanwhile. */
  use(model: Opened): Promise<void>;
  /** Where networks run. */
  device(): Promise<DeviceOptions>;
  /** Closes all but the one used last; false when there are no others. */
  closeOthers(): Promise<boolean>;
  /** After an error: a device may have gone. Closes all that is open on one, and looks anew which works when one is next needed. */
  mistrustDevice(): Promise<void>;
}

interface OpenModelsOptions extends DeviceWish {
  /** Threads for the networks; null lets the runtime choose. */
  readonly threads: number | null;
  /** For all weights that are open, MB. */
  readonly memoryBudgetMb: number;
}

/** What they are found with, and who is told. */
interface OpenModelsTools {
  readonly library: Library;
  readonly log: EngineLog;
}

/** What an engine tells of: opening, closing, falling back. */
export type EngineLog = Pick<Log, 'info' | 'warn'>;

export function openModels(options: OpenModelsOptions, { library, log }: OpenModelsTools): OpenModels {
  const { device, threads, memoryBudgetMb } = options;
  const budget = memoryBudgetMb * 1e6;
  /** Least recently used first. */
  let opened: readonly Opened[] = [];
  let found: Promise<DeviceOptions> | undefined;

  const deviceOf = () => {
    found ??= workingDevice(options, (message) => log.warn({ device }, message)).then((working) => ({
      ...working,
      ...(threads !== null && { threads }),
    }));
    return found;
  };
  const held = () => opened.reduce((bytes, { checkpoint }) => bytes + checkpoint.bytes(), 0);
  const close = async ({ path, checkpoint }: Opened) => {
    opened = opened.filter((one) => one.checkpoint !== checkpoint);
    const model = basename(path);
    try {
      await checkpoint[Symbol.asyncDispose]();
      log.info({ model }, 'a model was closed');
    } catch (err) {
      log.warn({ model, err }, 'a model could not be closed'); // with a device that is gone
    }
  };
  /** Closes the models used longest ago until the rest is within so many bytes; but the last so many stay. */
  const makeRoom = async (bytes: number, kept: number) => {
    while (opened.length > kept && held() > bytes) await close(opened[0]!);
  };
  const open = async ({ path, version }: FoundCheckpoint, textFiles: readonly string[]): Promise<Opened> => {
    const checkpoint = await openCheckpoint(path, {
      ...{ device: await deviceOf(), vaeBudget: budget, textFiles },
      spareBytes: () => Math.max(0, budget - held()),
      onFloat32: () => log.warn({ model: basename(path) }, 'its numbers do not fit into float16: float32 is used'),
    });
    log.info({ model: basename(path), megabytes: Math.round(checkpoint.bytes() / 1e6) }, 'a model was opened');
    return { path, version, checkpoint, textFiles, modelHash: (await library.hashes.sha256(path)).slice(0, 10) };
  };
  /** None of a new model's networks is open yet, but it will be: all of them count. */
  const use = async (model: Opened) => {
    opened = [...opened.filter(({ checkpoint }) => checkpoint !== model.checkpoint), model];
    await makeRoom(budget, 1);
  };
  return {
    use,
    device: deviceOf,
    async of({ checkpoint, vae: asked }) {
      const wanted = await library.checkpoint(checkpoint);
      const { path, version } = wanted;
      const textFiles = await library.textFilesFor(wanted);
      const known = opened.find((one) => one.path === path);
      const isCurrent = known?.version === version && known.textFiles.join('\n') === textFiles.join('\n');
      if (known && !isCurrent) await close(known);
      const model = known && isCurrent ? known : await open(wanted, textFiles);
      const vae = await library.vaeFor(wanted, asked);
      await model.checkpoint.useVae(vae);
      await use(model);
      if (!vae) return model;
      return {
        ...model,
        vae: { name: basename(vae.path), hash: (await library.hashes.sha256(vae.path)).slice(0, 10) },
      };
    },
    async closeOthers() {
      const hasOthers = opened.length > 1;
      await makeRoom(0, 1);
      return hasOthers;
    },
    async mistrustDevice() {
      const last = await found;
      if (!last || last.device === 'cpu') return;
      found = undefined;
      await makeRoom(0, 0);
    },
    [Symbol.asyncDispose]: () => makeRoom(0, 0),
  };
}

import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';

/** Where networks run. */
export interface DeviceOptions {
  readonly device: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
  /** CPU threads; by default one per core this process may use, at most 8: more rarely pays and starves the chat. */
  readonly threads?: number;
}

/**
 * onnxruntime's settings for a graph whose external data lie below `folder`.
 * Nothing is written next to the model, so its folder may be read-only.
 */
export function sessionOptions(folder: string, options: DeviceOptions): InferenceSession.SessionOptions {
  const { device, threads = Math.min(8, availableParallelism()) } = options;
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  };
}

import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import type { Graph, Precision } from '../graph/core.ts';

/** Where networks run. */
export interface DeviceOptions {
  readonly device: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
  /** What U-Nets and text encoders compute in; by default float32. */
  readonly precision?: Precision;
  /** CPU threads; by default one per core this process may use, at most 8: more rarely pays and starves the chat. */
  readonly threads?: number;
}

/**
 * Convolutions run a fifth faster in blocks of channels, but while a session opens their weights are there twice, which the
 * weights of a full-size network (1.7 GB and more) must not be.
 */
const blockedLayoutBytes = 256 * 2 ** 20;

/**
 * An arena keeps all that a run ever needed, in pieces of twice the size; a full-size autoencoder would keep more than a gigabyte. Without one
 * a large network is as fast, and gives back what its run took; a small one is a tenth slower.
 */
const arenaBytes = 32 * 2 ** 20;

/**
 * onnxruntime's settings for a graph held in memory whose external data lie below `graph.folder`.
 * Threads wait asleep, not spinning: the chat, and whoever else is on the machine, needs the cores between two operators.
 */
export function sessionOptions(graph: Graph, options: DeviceOptions): InferenceSession.SessionOptions {
  const { device, threads = Math.min(8, availableParallelism()) } = options;
  const weightBytes = graph.weights.reduce((sum, { length }) => sum + length, 0);
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    graphOptimizationLevel: weightBytes <= blockedLayoutBytes ? 'all' : 'extended',
    enableCpuMemArena: weightBytes <= arenaBytes,
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: {
      session: {
        model_external_initializers_file_folder_path: graph.folder,
        intra_op: { allow_spinning: '0' },
      },
    },
  };
}

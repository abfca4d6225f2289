import { type Arithmetic, arithmetic } from './arithmetic.ts';
import { type GraphCore, graphCore, type Precision } from './core.ts';
import { type Layers, type LayersOptions, layers } from './layers.ts';

/** Writes an ONNX graph operator by operator; what networks are written with. */
export interface GraphBuilder extends GraphCore, Arithmetic, Layers {}

interface GraphOptions extends LayersOptions {
  /** By default float32. */
  readonly precision?: Precision | undefined;
}

/** @param name  what the runtime calls the graph in its messages */
export function graphBuilder(name: string, { precision, tiling }: GraphOptions = {}): GraphBuilder {
  const core = graphCore(name, precision);
  const math = arithmetic(core);
  return { ...core, ...math, ...layers(core, math, { tiling }) };
}

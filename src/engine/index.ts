/** The pictures: img2img over ONNX graphs written over people's own weight files. */
export {
  type CancelSignal,
  type Engine,
  type EngineIo,
  type EngineOptions,
  openEngine,
} from './engine.ts';
export { pictures } from './pictures.ts';

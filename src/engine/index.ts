/** The pictures: img2img over ONNX graphs written over people's own weight files. */
export {
  type CancelSignal,
  type Engine,
  type EngineIo,
  type EngineOptions,
  openEngine,
} from './engine.ts';
export { type Inspection, inspectModel, type Verdict, verifyModels } from './library/inspect.ts';
export { type Library, openLibrary } from './library/library.ts';
export { findModelFile, shelves } from './library/model-files.ts';
export { pictures } from './pictures.ts';

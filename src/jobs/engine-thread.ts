import { openEngine } from '../engine/index.ts';
import { serveEngine } from './engine-server.ts';

// The thread that computes; everything it is told and says goes through its port.
await serveEngine(openEngine);

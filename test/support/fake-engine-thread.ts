import { serveEngine } from '../../src/jobs/engine-server.ts';
import { openFakeEngine } from './fake-engine.ts';

// The fake engine in a thread of its own.
await serveEngine(async (_, log) => {
  log.info({ model: 'fake' }, 'a model was opened');
  return openFakeEngine();
});

import { Refusal } from '../../src/errors.ts';
import { serveEngine } from '../../src/jobs/engine-server.ts';

// An engine that cannot be opened.
await serveEngine(async () => {
  throw new Refusal('no-checkpoint', { folder: 'models/Stable-diffusion' });
});

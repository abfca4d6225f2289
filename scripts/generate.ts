/** Writes Prisma's clients for both databases into `src/storage/generated`. Needs no network: run by `npm ci`. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js');
const root = fileURLToPath(new URL('..', import.meta.url));

const env = {
  ...process.env,
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, // or Prisma would download an engine that generating does not use
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
};

async function generate(schema: string): Promise<void> {
  await promisify(execFile)(process.execPath, [prisma, 'generate', '--no-hints', '--schema', schema], {
    cwd: root,
    env,
  });
}

await Promise.all([generate('prisma/schema.prisma'), generate('prisma/postgres/schema.prisma')]);

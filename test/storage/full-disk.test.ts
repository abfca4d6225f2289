import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openStorage } from '../../src/storage/index.ts';

test('a database that cannot grow refuses what is written in so many words, keeps what it has, and goes on when it can', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'palimpsest-full-'));
  await (await openStorage({ dataDir: dir, log: silentLog }))[Symbol.asyncDispose]();
  const child = fileURLToPath(new URL('full-disk-child.ts', import.meta.url));
  // No file may grow beyond 768 KiB.
  const command = `ulimit -f 1536; TSX_DISABLE_CACHE=1 exec "$0" --import tsx "$1" "$2"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, child, dir]);
  expect(JSON.parse(stdout)).toEqual({ statement: 'storage-full', transaction: 'storage-full', kept: 3000 });
  await using storage = await openStorage({ dataDir: dir, log: silentLog });
  await storage.people.savePerson({ id: 'web:late', name: 'Late'.repeat(1000), language: null, handle: null });
  expect((await storage.people.person('web:late'))?.name).toHaveLength(4000);
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

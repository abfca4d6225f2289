import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/log.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { postgresAdapter } from '../../src/storage/postgres.ts';
import { sqliteAdapter } from '../../src/storage/sqlite.ts';

/** A database two processes have open. */
export interface Stand extends AsyncDisposable {
  readonly storage: Storage;
  /** The same database, opened a second time. */
  readonly other: Storage;
  /** What `clock` of both tells. */
  time: Date;
  reopen(): Promise<Storage>;
  /** Runs SQL past the storage. */
  execute(sql: string): Promise<void>;
}

/** A folder that is deleted again. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'palimpsest-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A driver of our own for the same database. */
function adapterFor(dataDir: string, databaseUrl: string | undefined) {
  return databaseUrl ? postgresAdapter(databaseUrl, 1, () => {}) : sqliteAdapter(join(dataDir, 'palimpsest.db'));
}

/** Runs SQL past the storage in a folder. */
export async function executeIn(dataDir: string, sql: string, databaseUrl?: string): Promise<void> {
  const db = await adapterFor(dataDir, databaseUrl).connect();
  await db.executeRaw({ sql, args: [], argTypes: [] });
  await db.dispose();
}

/** Two openings of one database in a folder of its own: SQLite, or PostgreSQL at `databaseUrl`. */
export async function openStand(databaseUrl?: string): Promise<Stand> {
  const folder = await temporaryFolder();
  const stand = { time: new Date('2026-11-22T10:00:00.500Z') };
  const open = () => openStorage({ dataDir: folder.path, databaseUrl, log: silentLog, clock: () => stand.time });
  const [storage, other] = await Promise.all([open(), open()]);
  return Object.assign(stand, {
    ...{ storage, other, reopen: open },
    execute: (sql: string) => executeIn(folder.path, sql, databaseUrl),
    async [Symbol.asyncDispose]() {
      await Promise.all([storage, other].map((s) => s[Symbol.asyncDispose]()));
      await folder[Symbol.asyncDispose]();
    },
  });
}

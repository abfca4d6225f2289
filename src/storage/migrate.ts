import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import type { Log } from '../log.ts';

export type Provider = 'sqlite' | 'postgresql';

/** Reviewed SQL, one folder per step. The same place seen from `src/storage` and from `dist/storage`. */
const migrationsUrl = new URL('../../prisma/migrations/', import.meta.url);

/** One step of the schema's history. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** The steps for a database, oldest first. */
export async function readMigrations(provider: Provider): Promise<readonly Migration[]> {
  const folder = new URL(`${provider}/`, migrationsUrl);
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(new URL(`${name}/migration.sql`, folder), 'utf8') })),
  );
}

/** What Prisma's engine wants to know of the folder. */
export function migrationList(provider: Provider, migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: fileURLToPath(new URL(provider, migrationsUrl)),
    lockfile: { path: 'migration_lock.toml', content: `provider = "${provider}"\n` },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

const run = (db: SqlDriverAdapter, sql: string) => db.executeRaw({ sql, args: [], argTypes: [] });
const ask = async (db: SqlDriverAdapter, sql: string) => (await db.queryRaw({ sql, args: [], argTypes: [] })).rows;

/** A row if Prisma's table of applied steps exists. */
const historyExists: Readonly<Record<Provider, string>> = {
  sqlite: `SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`,
  postgresql: `SELECT 1 WHERE to_regclass('_prisma_migrations') IS NOT NULL`,
};

/** Name → checksum of every step the database has been through. */
async function appliedTo(db: SqlDriverAdapter, provider: Provider): Promise<ReadonlyMap<string, string>> {
  const [exists] = await ask(db, historyExists[provider]);
  if (!exists) return new Map();
  const rows = await ask(db, 'SELECT migration_name, checksum FROM "_prisma_migrations" WHERE finished_at IS NOT NULL');
  return new Map(rows.map(([name, checksum]) => [String(name), String(checksum)]));
}

/** @throws Error when the database has been through anything but a beginning of our steps */
function countPending(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): number {
  const known = new Set(migrations.map((migration) => migration.name));
  const foreign = [...applied.keys()].find((name) => !known.has(name));
  if (foreign)
    throw new Error(`the database was written by another version of this program: it has been through ${foreign}`);
  const edited = migrations.find(({ name, sql }) => {
    const checksum = applied.get(name);
    return checksum !== undefined && checksum !== createHash('sha256').update(sql).digest('hex');
  });
  if (edited) throw new Error(`migration ${edited.name} was changed after the database went through it`);
  return migrations.length - applied.size;
}

/** libSQL ends an open transaction after a script, so on SQLite it gets the statements one by one. */
async function runScript(db: SqlDriverAdapter, script: string): Promise<void> {
  if (db.provider !== 'sqlite') return db.executeScript(script);
  const statements = script.replace(/^--.*$/gm, '').split(/;\s*$/m);
  for (const statement of statements) if (statement.trim()) await run(db, statement);
}

/** A driver whose every connection is `db`, which the engine may use but not close. */
export function lending(db: SqlDriverAdapter): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = db;
  const lent: SqlDriverAdapter = {
    provider,
    adapterName,
    queryRaw: (query) => db.queryRaw(query),
    executeRaw: (query) => db.executeRaw(query),
    executeScript: (script) => runScript(db, script),
    startTransaction: (level) => db.startTransaction(level),
    getConnectionInfo: () => ({ schemaName: provider === 'sqlite' ? 'main' : 'public', supportsRelationJoins: false }),
    dispose: async () => {},
  };
  return { provider, adapterName, connect: async () => lent, connectToShadowDb: async () => lent };
}

/**
 * 5 MB of code, which most starts do not need. In a function of its own: next to `using`, TypeScript 6.0 forgets to rewrite the
 * `.ts` of an import.
 */
async function openEngine(db: SqlDriverAdapter) {
  const { openSchemaEngine } = await import('./schema-engine.ts');
  return openSchemaEngine(lending(db));
}

/**
 * All pending steps in one transaction, around Prisma's engine: a process killed half-way leaves nothing. Who comes second waits,
 * on SQLite for the write lock, on PostgreSQL for the advisory lock the engine takes, and then finds nothing to do.
 */
async function applyAll(db: SqlDriverAdapter, provider: Provider, migrations: readonly Migration[]) {
  using engine = await openEngine(db);
  if (provider === 'sqlite') await run(db, 'PRAGMA foreign_keys = OFF'); // or rebuilding a table would cascade
  await run(db, provider === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN');
  try {
    const filters = { externalTables: [], externalEnums: [] };
    const migrationsList = migrationList(provider, migrations);
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
    await run(db, 'COMMIT');
    return appliedMigrationNames;
  } catch (error) {
    await run(db, 'ROLLBACK');
    throw new Error('the database could not be brought up to date; it is as it was', { cause: error });
  }
}

/**
 * Brings a database up to the schema this program was built with. One query when it already is.
 * @param factory  a driver with one connection, which is closed again
 * @throws Error when the database belongs to another version of the program
 */
export async function migrate(
  factory: SqlMigrationAwareDriverAdapterFactory,
  provider: Provider,
  log: Log,
): Promise<void> {
  const migrations = await readMigrations(provider);
  const db = await factory.connect();
  try {
    if (provider === 'sqlite') await ask(db, 'PRAGMA journal_mode = WAL');
    if (countPending(migrations, await appliedTo(db, provider)) === 0) return;
    const applied = await applyAll(db, provider, migrations);
    if (applied.length > 0) log.info({ migrations: applied }, 'database brought up to date');
  } finally {
    await db.dispose();
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { remainingSql, schemaFiles, toPostgresSchema } from '../../scripts/migrations.ts';
import { silentLog } from '../../src/log.ts';
import { openStorage } from '../../src/storage/index.ts';
import { lending, migrate, migrationList, type Provider, readMigrations } from '../../src/storage/migrate.ts';
import { postgresAdapter } from '../../src/storage/postgres.ts';
import { openSchemaEngine } from '../../src/storage/schema-engine.ts';
import { sqliteAdapter } from '../../src/storage/sqlite.ts';
import { databaseUrl } from '../support/services.ts';
import { temporaryFolder } from './stand.ts';

/** An empty database, opened as often as one likes. */
async function emptyDatabase(provider: Provider) {
  const folder = await temporaryFolder();
  const url = provider === 'sqlite' ? undefined : await databaseUrl();
  const open = () => (url ? postgresAdapter(url, 1, () => {}) : sqliteAdapter(join(folder.path, 'palimpsest.db')));
  return {
    open,
    storage: () => openStorage({ dataDir: folder.path, databaseUrl: url, log: silentLog }),
    async run(sql: string) {
      const db = await open().connect();
      const { rows } = await db.queryRaw({ sql, args: [], argTypes: [] });
      await db.dispose();
      return rows;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Prisma's table as its engine makes it; with one, the engine does not mind other tables. */
const emptyHistory = `CREATE TABLE "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMP,
  "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMP,
  "started_at" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`;

test('the schema for PostgreSQL is the one derived from SQLite’s', async () => {
  const [source, derived] = await Promise.all(Object.values(schemaFiles).map((file) => readFile(file, 'utf8')));
  expect(derived).toBe(toPostgresSchema(source!));
});

describe.each(['sqlite', 'postgresql'] as const)('migrations for %s', (provider) => {
  test('lead exactly to the schema', async () => {
    await using database = await emptyDatabase(provider);
    expect(await remainingSql(provider, database.open())).toBe('');
    await database.run('DROP INDEX "Node_jobId_idx"');
    expect(await remainingSql(provider, database.open())).toContain('CREATE INDEX "Node_jobId_idx"');
  });

  test('are history Prisma’s own tools agree with', async () => {
    await using database = await emptyDatabase(provider);
    await migrate(database.open(), provider, silentLog);
    const db = await database.open().connect();
    using engine = await openSchemaEngine(lending(db));
    const diagnosis = await engine.diagnoseMigrationHistory({
      migrationsList: migrationList(provider, await readMigrations(provider)),
      optInToShadowDatabase: false,
      filters: { externalTables: [], externalEnums: [] },
    });
    await db.dispose();
    const wellKept = { hasMigrationsTable: true, editedMigrationNames: [], failedMigrationNames: [], history: null };
    expect(diagnosis).toMatchObject(wellKept);
  });

  test('are applied once when many processes start at the same time', async () => {
    await using database = await emptyDatabase(provider);
    const storages = await Promise.all(Array.from({ length: 5 }, () => database.storage()));
    await Promise.all(storages.map((storage) => storage[Symbol.asyncDispose]()));
    const applied = await database.run('SELECT migration_name FROM "_prisma_migrations"');
    expect(applied.flat()).toEqual((await readMigrations(provider)).map(({ name }) => name));
  });

  test('that cannot be finished leave the database as it was', async () => {
    await using database = await emptyDatabase(provider);
    await database.run(emptyHistory);
    await database.run('CREATE TABLE "Preset" ("id" INTEGER)'); // in the way of the last steps
    await expect(database.storage()).rejects.toMatchObject({ cause: { message: expect.stringContaining('Preset') } });
    const image =
      provider === 'sqlite'
        ? `SELECT name FROM sqlite_master WHERE name = 'Image'`
        : `SELECT 1 WHERE to_regclass('"Image"') IS NOT NULL`;
    expect(await database.run(image)).toEqual([]);
    expect(await database.run('SELECT id FROM "_prisma_migrations"')).toEqual([]);
  });

  test('refuse a database that another version has written', async () => {
    await using database = await emptyDatabase(provider);
    await migrate(database.open(), provider, silentLog);
    await database.run(`UPDATE "_prisma_migrations" SET migration_name = '29990101000000_from_the_future'`);
    await expect(database.storage()).rejects.toThrow('another version of this program');
  });

  test('refuse a step that was rewritten after it was taken', async () => {
    await using database = await emptyDatabase(provider);
    await migrate(database.open(), provider, silentLog);
    await database.run(`UPDATE "_prisma_migrations" SET checksum = 'other'`);
    await expect(database.storage()).rejects.toThrow('was changed after');
  });
});

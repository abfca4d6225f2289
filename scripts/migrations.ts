/**
 * After a change of prisma/schema.prisma: `tsx scripts/migrations.ts <what_changed>` derives PostgreSQL's schema from it and writes
 * the SQL that leads both databases there, to be read before it is committed.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../src/log.ts';
import { lending, migrate, type Provider } from '../src/storage/migrate.ts';
import { postgresAdapter } from '../src/storage/postgres.ts';
import { openSchemaEngine } from '../src/storage/schema-engine.ts';
import { sqliteAdapter } from '../src/storage/sqlite.ts';
import { freshDatabase, startPostgres } from '../test/support/services.ts';

const prismaFolder = new URL('../prisma/', import.meta.url);

/** Where each database's schema lies. */
export const schemaFiles: Readonly<Record<Provider, string>> = {
  sqlite: fileURLToPath(new URL('schema.prisma', prismaFolder)),
  postgresql: fileURLToPath(new URL('postgres/schema.prisma', prismaFolder)),
};

/**
 * PostgreSQL's schema, from SQLite's. JSON is kept as it was written (`json`): `jsonb` refuses `\u0000`, which a prompt may hold,
 * and forgets the order of keys.
 */
export function toPostgresSchema(schema: string): string {
  return schema
    .replace(/^(?:\/\/ .*\n)+/, '// Derived from ../schema.prisma by `tsx scripts/migrations.ts`. Do not edit.\n')
    .replace('"../src/storage/generated/sqlite"', '"../../src/storage/generated/postgres"')
    .replace(/^( {2}provider = )"sqlite"$/m, '$1"postgresql"')
    .replace(/\bJson\b\??$/gm, '$& @db.Json');
}

/** A driver for a database of that kind which may be thrown away. */
export type Adapter = ReturnType<typeof sqliteAdapter> | ReturnType<typeof postgresAdapter>;

/** What the engine reads PostgreSQL's catalogue through: its driver knows no columns of the catalogue's type "char". */
function readingCatalogue(factory: ReturnType<typeof lending>): ReturnType<typeof lending> {
  const connect = async () => {
    const db = await factory.connect();
    const castSql = (sql: string) => sql.replace(/\b\w+\.(?:contype|confdeltype|confupdtype)\b(?=,| AS)/g, '$&::text');
    const queryRaw: typeof db.queryRaw = (query) => db.queryRaw({ ...query, sql: castSql(query.sql) });
    return { ...db, queryRaw };
  };
  return { ...factory, connect };
}

/** SQL from the state a migrated database is in to the schema; empty when it is there. */
export async function remainingSql(provider: Provider, adapter: Adapter): Promise<string> {
  await migrate(adapter, provider, silentLog);
  const db = await adapter.connect();
  using engine = await openSchemaEngine(readingCatalogue(lending(db)));
  const file = schemaFiles[provider];
  const files = [{ path: file, content: await readFile(file, 'utf8') }];
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: fileURLToPath(prismaFolder) },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: true,
    filters: { externalTables: [], externalEnums: [] },
  });
  await db.dispose();
  if (exitCode === 0 || stdout === null) return '';
  return stdout.replace('-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n\n', ''); // asks for rights it does not need
}

async function write(provider: Provider, name: string, sql: string): Promise<void> {
  const folder = fileURLToPath(new URL(`migrations/${provider}/`, prismaFolder));
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'migration_lock.toml'), `provider = "${provider}"\n`);
  await writeFile(join(folder, name, 'migration.sql'), sql);
  console.log(`prisma/migrations/${provider}/${name}/migration.sql written; read it before you commit it`);
}

async function main(what: string | undefined): Promise<void> {
  if (!what || !/^[a-z0-9_]+$/.test(what)) throw new RangeError('usage: tsx scripts/migrations.ts <what_changed>');
  await writeFile(schemaFiles.postgresql, toPostgresSchema(await readFile(schemaFiles.sqlite, 'utf8')));
  const name = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${what}`;
  const scratch = await mkdtemp(join(tmpdir(), 'palimpsest-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(scratch, { recursive: true }) };
  await using postgres = await startPostgres();
  const adapters: Readonly<Record<Provider, Adapter>> = {
    sqlite: sqliteAdapter(join(scratch, 'scratch.db')),
    postgresql: postgresAdapter(await freshDatabase(postgres.url), 1, () => {}),
  };
  for (const provider of ['sqlite', 'postgresql'] as const) {
    const sql = await remainingSql(provider, adapters[provider]);
    if (sql) await write(provider, name, sql);
    else console.log(`${provider}: nothing to do`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]);

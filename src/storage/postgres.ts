import { PrismaPg } from '@prisma/adapter-pg';
import { type Database, sayingWhenFull } from './db.ts';
import { PrismaClient } from './generated/postgres/client.ts';

/**
 * Prisma's driver for the PostgreSQL database at `url`.
 * @param connections  most connections held at a time
 */
export function postgresAdapter(url: string, connections: number, onError: (error: Error) => void): PrismaPg {
  const config = { connectionString: url, max: connections, connectionTimeoutMillis: 10_000 };
  return new PrismaPg(config, { onPoolError: onError, onConnectionError: onError });
}

/** The client for a migrated PostgreSQL database. Its methods are a superset of those of SQLite's client. */
export function postgresClient(adapter: PrismaPg): Database {
  return sayingWhenFull(new PrismaClient({ adapter }) as unknown as Database);
}

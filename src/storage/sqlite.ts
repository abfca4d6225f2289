import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import type { Database } from './db.ts';
import { PrismaClient } from './generated/sqlite/client.ts';

type Client = ReturnType<PrismaLibSql['createClient']>;

const BUSY = 5; // primary result code SQLITE_BUSY; the low byte of every extended one. Source: sqlite.org/rescode.html
const PATIENCE_MS = 20_000;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'rawCode' in error && ((error.rawCode as number | undefined) ?? 0) % 256 === BUSY;
}

/**
 * libSQL's client on one connection for life. As it comes, it opens a new one after every transaction; it begins transactions as
 * readers, who fail at their first write if somebody else has written meanwhile; and it waits for another process to let go of the
 * file with this whole thread, and the chat with it.
 */
function onOneConnection(client: Client): Client {
  const run = client.execute.bind(client) as Client['execute'];
  let isOpen = false; // whether a transaction is, and nobody else can be in the way
  const execute = async (statement: Parameters<Client['execute']>[0]) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      try {
        return await run(statement);
      } catch (error) {
        if (isOpen || !isBusy(error) || performance.now() > deadline) throw error;
      }
      await client.reconnect(); // a statement that found the file busy stays half begun, and no later one could commit
      await setTimeout(pauseMs);
    }
  };
  const end = async (how: 'COMMIT' | 'ROLLBACK') => {
    try {
      await run(how);
    } finally {
      isOpen = false;
    }
  };
  const rollback = () => end('ROLLBACK');
  const commit = async () => {
    try {
      await end('COMMIT');
    } catch (error) {
      await rollback(); // a full disk leaves the transaction open
      throw error;
    }
  };
  const transaction = async () => {
    await execute('BEGIN IMMEDIATE');
    isOpen = true;
    return { execute, commit, rollback };
  };
  return Object.assign(client, { execute, transaction });
}

class OneConnectionFactory extends PrismaLibSql {
  override createClient(config: Parameters<PrismaLibSql['createClient']>[0]): Client {
    return onOneConnection(super.createClient(config));
  }
}

/** Prisma's driver for an SQLite file, which is made if it does not exist. libSQL is built with foreign keys on. */
export function sqliteAdapter(file: string): PrismaLibSql {
  return new OneConnectionFactory({ url: pathToFileURL(file).href });
}

/** The client for a migrated SQLite file. */
export function sqliteClient(adapter: PrismaLibSql): Database {
  return new PrismaClient({ adapter });
}

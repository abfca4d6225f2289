import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { type Database, refusedWhenFull, sayingWhenFull } from './db.ts';
import { PrismaClient } from './generated/sqlite/client.ts';

type Client = ReturnType<PrismaLibSql['createClient']>;

const BUSY = 5; // primary result code SQLITE_BUSY; the low byte of every extended one. Source: sqlite.org/rescode.html
const PATIENCE_MS = 20_000;

/** The extended result code; 0 for what is no error of SQLite. */
function codeOf(error: unknown): number {
  return error instanceof Error && 'rawCode' in error ? ((error.rawCode as number | undefined) ?? 0) : 0;
}

const isBusy = (error: unknown) => codeOf(error) % 256 === BUSY;

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
  const rollback = async () => {
    isOpen = false;
    await run('ROLLBACK').catch((error: unknown) => {
      const isOver = error instanceof Error && error.message.includes('no transaction is active');
      if (!isOver) throw error; // SQLite itself rolls back when the disk is full
    });
  };
  const commit = async () => {
    try {
      await run('COMMIT');
      isOpen = false;
    } catch (error) {
      await rollback(); // a full disk may leave the transaction open
      throw refusedWhenFull(error, String(codeOf(error)));
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
  return sayingWhenFull(new PrismaClient({ adapter }));
}

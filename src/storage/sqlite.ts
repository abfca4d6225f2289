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

/** Waits for another process to let go of the file. SQLite's own busy timeout would hold this thread, and the chat with it. */
async function whenFree<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await setTimeout(pauseMs);
  }
}

/**
 * libSQL's client on one connection for life. As it comes, it opens a new one after every transaction (which forgets the pragmas),
 * and begins transactions as readers, who fail at their first write if somebody else has written meanwhile.
 */
function onOneConnection(client: Client): Client {
  const run = client.execute.bind(client) as Client['execute'];
  const runScript = client.executeMultiple.bind(client);
  const begun = Promise.resolve(run('PRAGMA foreign_keys = ON'));
  const execute = async (statement: Parameters<Client['execute']>[0]) => {
    await begun;
    return whenFree(() => run(statement));
  };
  const transaction = async () => {
    await execute('BEGIN IMMEDIATE');
    const rollback = async () => void (await execute('ROLLBACK'));
    const commit = async () => {
      try {
        await execute('COMMIT');
      } catch (error) {
        await rollback(); // a full disk leaves the transaction open
        throw error;
      }
    };
    return { execute, commit, rollback };
  };
  const executeMultiple = (script: string) => whenFree(() => runScript(script));
  return Object.assign(client, { execute, executeMultiple, transaction });
}

class OneConnectionFactory extends PrismaLibSql {
  override createClient(config: Parameters<PrismaLibSql['createClient']>[0]): Client {
    return onOneConnection(super.createClient(config));
  }
}

/** Prisma's driver for an SQLite file, which is made if it does not exist. */
export function sqliteAdapter(file: string): PrismaLibSql {
  return new OneConnectionFactory({ url: pathToFileURL(file).href });
}

/** The client for a migrated SQLite file. */
export function sqliteClient(adapter: PrismaLibSql): Database {
  return new PrismaClient({ adapter });
}

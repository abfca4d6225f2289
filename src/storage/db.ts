import { PrismaClientKnownRequestError } from '@prisma/client/runtime/client';
import { Refusal } from '../errors.ts';
import type { Prisma, PrismaClient } from './generated/sqlite/client.ts';

/**
 * The database, as repository functions see it. They are written against SQLite's client, whose methods are the ones both
 * databases have; PostgreSQL's client stands in for it unchanged.
 */
export type Database = PrismaClient;
/** The same inside a transaction. */
export type Db = Prisma.TransactionClient;

/** Tells the time rows are stamped with. */
export type Clock = () => Date;

/** All of `work` or nothing. Writers stand in line: on SQLite for the whole file, on PostgreSQL for the rows they change. */
export function inTransaction<T>(db: Database, work: (tx: Db) => Promise<T>): Promise<T> {
  return db.$transaction(work, { maxWait: 30_000, timeout: 30_000 });
}

/** SQLite's result codes and PostgreSQL's state for a disk, a quota or a limit on files that is used up. Sources: sqlite.org/rescode.html, PostgreSQL, "Error Codes". */
const fullCodes: readonly string[] = ['13', '778', '4874', '53100'];

/** An error of the driver by its code, as a refusal when it says that the disk is full. */
export function refusedWhenFull(cause: unknown, code: string | undefined): unknown {
  return fullCodes.includes(code ?? '') ? new Refusal('storage-full', {}, { cause }) : cause;
}

/** The driver's code behind an error of Prisma. */
function driverCode(error: unknown): string | undefined {
  if (!(error instanceof PrismaClientKnownRequestError)) return undefined;
  const driver = error.meta?.driverAdapterError as { cause?: { originalCode?: string } } | undefined;
  return driver?.cause?.originalCode;
}

/** The same database, whose queries say it in so many words when the disk is full. @throws Refusal 'storage-full' */
export function sayingWhenFull<C extends Pick<Database, '$extends'>>(db: C): C {
  const extended = db.$extends({
    query: {
      async $allOperations({ args, query }) {
        try {
          return await query(args);
        } catch (error) {
          throw refusedWhenFull(error, driverCode(error));
        }
      },
    },
  });
  return extended as unknown as C; // nothing but errors is different
}

/** Whether a row was refused because one of its unique keys is taken. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof PrismaClientKnownRequestError && error.code === 'P2002';
}

/** One of our own JSON values on its way into a column; what comes out again is parsed. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return value as Prisma.InputJsonValue;
}

/** Text as every database takes it: PostgreSQL has no NUL character. */
export function toText(text: string): string {
  return text.replaceAll('\0', '');
}

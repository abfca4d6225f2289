import { PrismaClientKnownRequestError } from '@prisma/client/runtime/client';
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

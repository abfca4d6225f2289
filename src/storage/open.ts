import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../edit/blob.ts';
import type { Log } from '../log.ts';
import { openBlobDirectory } from './blobs.ts';
import type { Database } from './db.ts';
import { type DraftStore, draftStore } from './drafts.ts';
import { type Images, images } from './images.ts';
import { type JobStore, jobStore } from './jobs.ts';
import { type LineageStore, lineageStore } from './lineage.ts';
import { type MessageStore, messageStore } from './messages.ts';
import { migrate } from './migrate.ts';
import { type ModerationStore, moderationStore } from './moderation.ts';
import { type MoveStore, moveStore } from './moves.ts';
import { readingOlderRows } from './older-rows.ts';
import { type OutboxStore, outboxStore } from './outbox.ts';
import { type PeopleStore, peopleStore } from './people.ts';
import { type PostedFileStore, postedFileStore } from './posted-files.ts';
import { type PresetStore, presetStore } from './presets.ts';
import { type PrivacyStore, privacyStore } from './privacy.ts';
import { type Retired, retire } from './retention.ts';
import { type SettingStore, settingStore } from './settings.ts';
import { sweep } from './sweep.ts';
import { type TogetherStore, togetherStore } from './together.ts';

/** What the bots remember. Row types never leave this folder. */
export interface Storage extends AsyncDisposable {
  readonly blobs: BlobStore;
  readonly images: Images;
  readonly lineage: LineageStore;
  readonly jobs: JobStore;
  readonly outbox: OutboxStore;
  readonly messages: MessageStore;
  readonly postedFiles: PostedFileStore;
  readonly drafts: DraftStore;
  readonly people: PeopleStore;
  readonly presets: PresetStore;
  readonly together: TogetherStore;
  readonly settings: SettingStore;
  readonly moderation: ModerationStore;
  readonly moves: MoveStore;
  readonly privacy: PrivacyStore;
  /**
   * Deletes blobs that no row refers to and that were last put before `before`; returns how many. Expired drafts go first.
   * `before` must lie further back than a blob ever waits for its row: a day is plenty.
   */
  sweep(before: Date): Promise<number>;
  /** Lets go of what has been kept long enough, by the days people and servers chose. Files follow with the next sweep. */
  retire(): Promise<Retired>;
}

export interface StorageOptions {
  /** Folder of the blobs and of the SQLite file; made if it does not exist. */
  readonly dataDir: string;
  /** `postgres://…`; without it the database is `palimpsest.db` in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  readonly log: Log;
  /** Tells the time rows are stamped with; the system's, unless a test wants another. */
  readonly clock?: (() => Date) | undefined;
}

async function openSqlite(dataDir: string, log: Log): Promise<Database> {
  const { sqliteAdapter, sqliteClient } = await import('./sqlite.ts');
  const adapter = sqliteAdapter(join(dataDir, 'palimpsest.db'));
  await migrate(adapter, 'sqlite', log);
  return sqliteClient(adapter);
}

async function openPostgres(url: string, log: Log): Promise<Database> {
  const { postgresAdapter, postgresClient } = await import('./postgres.ts');
  const onError = (error: Error) => log.warn({ error }, 'connection to the database lost'); // the next query opens another
  await migrate(postgresAdapter(url, 1, onError), 'postgresql', log);
  return postgresClient(postgresAdapter(url, 10, onError));
}

/**
 * Opens the database, brought up to date, and the blob store.
 * Several processes may open the same one at the same time; the first brings it up to date and the others wait.
 */
export async function openStorage({ dataDir, databaseUrl, log, clock }: StorageOptions): Promise<Storage> {
  await mkdir(dataDir, { recursive: true });
  const blobDirectory = join(dataDir, 'blobs');
  const db = readingOlderRows(await (databaseUrl ? openPostgres(databaseUrl, log) : openSqlite(dataDir, log)), log);
  const now = clock ?? (() => new Date());
  return {
    blobs: openBlobDirectory(blobDirectory),
    images: images(db, now),
    lineage: lineageStore(db, blobDirectory, now),
    jobs: jobStore(db, now),
    outbox: outboxStore(db, now),
    messages: messageStore(db),
    postedFiles: postedFileStore(db),
    drafts: draftStore(db, now),
    people: peopleStore(db),
    presets: presetStore(db),
    together: togetherStore(db, now),
    settings: settingStore(db),
    moderation: moderationStore(db, now),
    moves: moveStore(db),
    privacy: privacyStore(db, blobDirectory, now),
    retire: () => retire(db, now()),
    sweep: (before) => sweep(db, blobDirectory, before, now()),
    [Symbol.asyncDispose]: () => db.$disconnect(),
  };
}

/** The memory: what has happened, in rows, and pictures, in files. `openStorage` is the way in. */
export type { Draft, DraftStore } from './drafts.ts';
export type { Images } from './images.ts';
export type { JobRow, JobStore, NewJob } from './jobs.ts';
export type { LineageStore, NewNode, Root } from './lineage.ts';
export type { MessageLink, MessageStore } from './messages.ts';
export type { AuditEntry, Member, ModerationStore, Word, WordLevel } from './moderation.ts';
export type { Address, MoveStore } from './moves.ts';
export { openStorage, type Storage, type StorageOptions } from './open.ts';
export type { NewOutboxRow, OutboxRow, OutboxStore } from './outbox.ts';
export type { Language, PeopleStore, Person, Place } from './people.ts';
export type { PostedFileStore, PostedWay } from './posted-files.ts';
export type { PresetDefault, PresetStore } from './presets.ts';
export type { Drawn, ExportedPicture, Forgotten, Inventory, PrivacyStore } from './privacy.ts';
export type { Setting, SettingScope, SettingStore } from './settings.ts';
export type { Hold, NewVote, PlaceRules, TogetherStore, Vote } from './together.ts';

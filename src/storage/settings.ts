import { type Db, toJson } from './db.ts';

/** Whose value a setting is, from weakest to strongest. */
export const settingScopes = ['system', 'server', 'channel', 'user'] as const;
export type SettingScope = (typeof settingScopes)[number];

/** One value somebody chose; what it means, and whether it is sound, is known by whoever reads it. */
export interface Setting {
  readonly scope: SettingScope;
  /** `*` for the system, place group of a server, place of a channel, or a person. */
  readonly owner: string;
  readonly key: string;
  readonly value: unknown;
}

export interface SettingStore {
  set(setting: Setting): Promise<void>;
  /** False when there was none. */
  reset(setting: Omit<Setting, 'value'>): Promise<boolean>;
  /** Owners of a scope who chose this very word for a key. */
  having(scope: SettingScope, key: string, word: string): Promise<readonly string[]>;
  /** Everything these owners chose, in one reading. */
  of(owners: readonly Pick<Setting, 'scope' | 'owner'>[]): Promise<readonly Setting[]>;
}

async function set(db: Db, { scope, owner, key, value }: Setting): Promise<void> {
  const id = { scope, owner, key };
  const update = { value: toJson(value) };
  await db.setting.upsert({ where: { scope_owner_key: id }, create: { ...id, ...update }, update });
}

async function of(db: Db, owners: readonly Pick<Setting, 'scope' | 'owner'>[]): Promise<readonly Setting[]> {
  if (owners.length === 0) return [];
  const rows = await db.setting.findMany({ where: { OR: owners.map(({ scope, owner }) => ({ scope, owner })) } });
  return rows.flatMap((row) => {
    const scope = settingScopes.find((known) => known === row.scope);
    return scope ? [{ ...row, scope }] : [];
  });
}

export function settingStore(db: Db): SettingStore {
  return {
    set: (setting) => set(db, setting),
    reset: async ({ scope, owner, key }) => (await db.setting.deleteMany({ where: { scope, owner, key } })).count > 0,
    having: async (scope, key, word) =>
      (await db.setting.findMany({ where: { scope, key } }))
        .filter(({ value }) => value === word)
        .map(({ owner }) => owner),
    of: (owners) => of(db, owners),
  };
}

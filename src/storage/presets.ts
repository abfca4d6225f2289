import type { PlaceId } from '../edit/lineage.ts';
import { closest } from '../edit/names.ts';
import {
  type Layer,
  type LayerName,
  type Preset,
  type PresetFlow,
  type PresetScope,
  presetContentSchema,
  presetFlows,
  presetScopes,
} from '../edit/presets.ts';
import type { UserId } from '../edit/request.ts';
import { Refusal } from '../errors.ts';
import { type Db, toJson } from './db.ts';
import type { Preset as PresetRow } from './generated/sqlite/client.ts';

export interface PresetStore {
  /** Writes it, or replaces its owner's preset of the same name. */
  save(preset: Preset): Promise<void>;
  find(scope: PresetScope, owner: string, name: string): Promise<Preset | undefined>;
  /** By name. */
  list(scope: PresetScope, owner: string): Promise<readonly Preset[]>;
  /** False when there was none. A default that is removed leaves no default. */
  remove(scope: PresetScope, owner: string, name: string): Promise<boolean>;
  /**
   * Marks a preset as its owner's default for a flow (`any`: for all that have none of their own), or none with null.
   * @throws Refusal 'unknown-name' when the owner has no preset of that name
   */
  setDefault(scope: PresetScope, owner: string, name: string | null, flow?: PresetFlow): Promise<void>;
  /** Which presets of an owner are defaults, and for what. */
  defaults(scope: PresetScope, owner: string): Promise<readonly PresetDefault[]>;
  /** Defaults of system, server, channels and person for a flow in one reading, as layers. */
  layers(of: LayersOf): Promise<readonly Layer[]>;
}

/** A preset that counts without being named. */
export interface PresetDefault {
  readonly flow: PresetFlow;
  readonly name: string;
}

/** Who edits where, and how. */
interface LayersOf {
  readonly group: string;
  /** A channel; of a thread what it hangs on, then itself. */
  readonly channels: readonly PlaceId[];
  readonly user: UserId;
  readonly flow?: PresetFlow;
}

const layerOf: Readonly<Record<PresetScope, LayerName>> = {
  system: 'system',
  server: 'server',
  channel: 'channel',
  user: 'user default',
};

function toPreset({ scope, owner, name, content }: PresetRow): Preset {
  const known = presetScopes.find((s) => s === scope);
  if (!known) throw new RangeError(`preset ${name} of ${owner}: unknown scope ${scope}`);
  return { scope: known, owner, name, content: presetContentSchema.parse(content) };
}

async function save(db: Db, { scope, owner, name, content }: Preset): Promise<void> {
  const key = { scope, owner, name };
  const update = { content: toJson(content) };
  await db.preset.upsert({ where: { scope_owner_name: key }, create: { ...key, ...update }, update });
}

async function find(db: Db, scope: PresetScope, owner: string, name: string): Promise<Preset | undefined> {
  const row = await db.preset.findUnique({ where: { scope_owner_name: { scope, owner, name } } });
  return row ? toPreset(row) : undefined;
}

async function list(db: Db, scope: PresetScope, owner: string): Promise<readonly Preset[]> {
  const rows = await db.preset.findMany({ where: { scope, owner } });
  return rows.map(toPreset).sort((a, b) => (a.name < b.name ? -1 : 1)); // here, for databases sort by their locale
}

async function remove(db: Db, scope: PresetScope, owner: string, name: string): Promise<boolean> {
  const { count } = await db.preset.deleteMany({ where: { scope, owner, name } });
  return count === 1;
}

interface Owned {
  readonly scope: PresetScope;
  readonly owner: string;
  readonly flow: PresetFlow;
}

async function setDefault(db: Db, { scope, owner, flow }: Owned, name: string | null): Promise<void> {
  if (name === null) {
    await db.defaultPreset.deleteMany({ where: { scope, owner, flow } });
    return;
  }
  const own = (await db.preset.findMany({ where: { scope, owner }, select: { name: true } })).map((row) => row.name);
  if (!own.includes(name))
    throw new Refusal('unknown-name', { kind: 'preset', given: name, nearest: closest(name, own) });
  const key = { scope, owner, flow };
  await db.defaultPreset.upsert({ where: { scope_owner_flow: key }, create: { ...key, name }, update: { name } });
}

async function defaults(db: Db, scope: PresetScope, owner: string): Promise<readonly PresetDefault[]> {
  const rows = await db.defaultPreset.findMany({ where: { scope, owner } });
  return presetFlows.flatMap((flow) => rows.filter((row) => row.flow === flow).map(({ name }) => ({ flow, name })));
}

async function layers(db: Db, { flow = 'any', ...of }: LayersOf): Promise<readonly Layer[]> {
  const owners: readonly { scope: PresetScope; owner: string }[] = [
    { scope: 'system', owner: '*' },
    { scope: 'server', owner: of.group },
    ...of.channels.map((owner) => ({ scope: 'channel' as const, owner })),
    { scope: 'user', owner: of.user },
  ];
  const where = { OR: [...owners], flow: { in: ['any', flow] } };
  const rows = await db.defaultPreset.findMany({ where, include: { preset: true } });
  return owners.flatMap(({ scope, owner }) => {
    const own = rows.filter((row) => row.scope === scope && row.owner === owner);
    const chosen = own.find((row) => row.flow === flow) ?? own[0];
    return chosen ? [{ name: layerOf[scope], content: toPreset(chosen.preset).content }] : [];
  });
}

export function presetStore(db: Db): PresetStore {
  return {
    save: (preset) => save(db, preset),
    find: (scope, owner, name) => find(db, scope, owner, name),
    list: (scope, owner) => list(db, scope, owner),
    remove: (scope, owner, name) => remove(db, scope, owner, name),
    setDefault: (scope, owner, name, flow = 'any') => setDefault(db, { scope, owner, flow }, name),
    defaults: (scope, owner) => defaults(db, scope, owner),
    layers: (of) => layers(db, of),
  };
}

import type { Policy } from '../../../edit/lineage.ts';
import { presetFlows } from '../../../edit/presets.ts';
import { Refusal } from '../../../errors.ts';
import type { PlaceRules, WordLevel } from '../../../storage/index.ts';
import type { Doing } from '../calls.ts';
import { plainCard } from '../cards.ts';
import { nameOf } from '../desk.ts';
import { messagesIn } from '../messages/index.ts';
import type { Flow } from '../order.ts';
import { personNamed } from '../persons.ts';
import { oneLine } from '../plain-text.ts';
import { decreed, type Ruled, ruled } from './decree.ts';
import { everywhere, wordsOf } from './gate.ts';
import { givenContent, presetName, savePreset } from './preset-command.ts';
import { LINES, listed, queueDoes } from './server-queue.ts';
import { chosenValue, type Named, namedIn, type SettingName, type SettingValue } from './settings.ts';
import { settingLines } from './settings-command.ts';
import { checkEntry, screened } from './words.ts';

/** Sets what holds in a server, a channel or everywhere; the line obeys at once. */
async function establish(
  { storage, queue }: Flow,
  whose: Ruled,
  key: Named['name'],
  value: SettingValue | boolean,
): Promise<void> {
  await storage.settings.set({ ...whose, key, value });
  if (key === 'dispatch') await queue.pause(whose.owner, value === 'paused');
}

async function setLimit(doing: Doing): Promise<void> {
  const [name, text] = [String(doing.call.options.name), String(doing.call.options.value)];
  const whose = ruled(doing);
  const named = namedIn(whose.scope, name);
  const value = chosenValue(named, whose.scope, text);
  await decreed(doing, `${name} ${text}`, () => establish(doing.flow, whose, named.name, value));
}

async function resetLimit(doing: Doing): Promise<void> {
  const whose = ruled(doing);
  const named = namedIn(whose.scope, String(doing.call.options.name));
  const { storage, queue } = doing.flow;
  await decreed(doing, named.name, async () => {
    await storage.settings.reset({ ...whose, key: named.name });
    if (named.name === 'dispatch') await queue.pause(whose.owner, false);
  });
}

async function showLimits({ flow, heard, incoming }: Doing): Promise<void> {
  const { house } = messagesIn(heard.private);
  const lines = await settingLines(flow, { where: heard.asker.where, user: null }, house);
  await incoming.answer.tell({ ...plainCard, title: house.limitsTitle, lines });
}

/** A rule of this server or channel by its name, and how it is told when its value is not. */
function rule(
  scope: 'server' | 'channel',
  key: SettingName,
  chosen: (doing: Doing) => { readonly value: string | readonly string[]; readonly told?: string },
) {
  return (doing: Doing): Promise<void> => {
    const { where } = doing.heard.asker;
    const owner = scope === 'server' ? where.group : where.place;
    const { value, told = String(value) } = chosen(doing);
    return decreed(doing, told, () => doing.flow.storage.settings.set({ scope, owner, key, value }));
  };
}

async function savePresetHere(doing: Doing): Promise<void> {
  const { flow, heard, call } = doing;
  const whose = ruled(doing);
  const name = presetName(String(call.options.name));
  const content = await givenContent(doing);
  await decreed(doing, name, () => savePreset(flow, heard.asker, { ...whose, name, content }));
}

async function deletePresetHere(doing: Doing): Promise<void> {
  const name = String(doing.call.options.name);
  const { scope, owner } = ruled(doing);
  await decreed(doing, name, async () => {
    if (!(await doing.flow.storage.presets.remove(scope, owner, name))) {
      throw new Refusal('unknown-name', { kind: 'preset', given: oneLine(name, 40), nearest: [] });
    }
  });
}

async function defaultPresetHere(doing: Doing): Promise<void> {
  const { flow, call } = doing;
  const name = String(call.options.name);
  const what = presetFlows.find((known) => known === call.options.flow) ?? 'any';
  const { scope, owner } = ruled(doing);
  await decreed(doing, `${name} ${what}`, () =>
    flow.storage.presets.setDefault(scope, owner, name === '-' ? null : name, what),
  );
}

/** The list an administrator may change: operators, asking in private, change everybody's. */
function listOwner({ flow, heard }: Doing): string {
  const { where, speaker } = heard.asker;
  return where.kind === 'private' && flow.operators.includes(speaker.user) ? everywhere : where.group;
}

async function addWord(doing: Doing): Promise<void> {
  const { options } = doing.call;
  const entry = String(options.entry).trim();
  checkEntry(entry);
  const replacement = typeof options.replacement === 'string' ? options.replacement : null;
  const level = String(options.level ?? (replacement === null ? 'block' : 'replace')) as WordLevel;
  const owner = listOwner(doing);
  await decreed(doing, `${entry} ${level}`, () =>
    doing.flow.storage.moderation.saveWord({ owner, entry, level, replacement }),
  );
}

async function removeWord(doing: Doing): Promise<void> {
  const entry = String(doing.call.options.entry).trim();
  await decreed(doing, entry, async () => {
    if (!(await doing.flow.storage.moderation.removeWord(listOwner(doing), entry))) throw new Refusal('gone', {});
  });
}

async function listWords({ flow, heard, incoming }: Doing): Promise<void> {
  const words = await wordsOf(flow, heard.asker.where.group);
  const { house } = messagesIn(heard.private);
  const lines = words.map(({ owner, entry, level, replacement }) =>
    [entry, level, ...(replacement === null ? [] : [`→ ${replacement}`]), owner === everywhere ? '*' : ''].join(' '),
  );
  await incoming.answer.tell({ ...plainCard, title: house.wordsTitle(words.length), lines: listed(lines, house.more) });
}

async function testWords({ flow, heard, incoming, call }: Doing): Promise<void> {
  const { found, text } = screened(String(call.options.text), await wordsOf(flow, heard.asker.where.group));
  const { house } = messagesIn(heard.private);
  const all = Object.entries(found).flatMap(([level, entries]) => entries.map((entry) => `${entry} (${level})`));
  const title = all.length > 0 ? house.wordTested(all.join(', ')) : house.wordFree;
  await incoming.answer.tell({ ...plainCard, title, lines: [oneLine(text, 500)] });
}

/** Who may move on what begins in this channel. */
async function setPolicy(doing: Doing): Promise<void> {
  const { people } = doing.flow.storage;
  const policy = String(doing.call.options.policy) as Policy; // one of the option's choices
  const place = await people.place(doing.heard.asker.where.place);
  await decreed(doing, policy, async () => {
    if (place) await people.savePlace({ ...place, policy });
  });
}

/** A rule of working together in this channel, on or off. */
function together(rule: keyof PlaceRules) {
  return (doing: Doing): Promise<void> => {
    const { flow, heard, call } = doing;
    const isOn = call.options.state === 'on';
    return decreed(doing, isOn ? 'on' : 'off', () =>
      flow.storage.together.setRules(heard.asker.where.place, { [rule]: isOn }),
    );
  };
}

/** @throws Refusal 'no-threads' where there are none */
async function setThreads(doing: Doing): Promise<void> {
  const { flow, heard, call } = doing;
  const { place, within } = heard.asker.where;
  const isPossible = flow.platformOf(place)?.openThread !== undefined && within === undefined;
  if (call.options.state === 'on' && !isPossible) throw new Refusal('no-threads', {});
  await together('threads')(doing);
}

function member(change: (doing: Doing) => { banned?: boolean; why?: string | null; credits?: number | null }) {
  return async (doing: Doing): Promise<void> => {
    const { storage } = doing.flow;
    const owner = listOwner(doing);
    const person = await personNamed(doing.flow, doing.heard.asker.where.place, String(doing.call.options.user));
    const [known] = await storage.moderation.member([owner], person);
    const before = known ?? { owner, person, banned: false, why: null, credits: null };
    await decreed(doing, person, () => storage.moderation.saveMember({ ...before, ...change(doing) }));
  };
}

async function audit({ flow, heard, incoming }: Doing): Promise<void> {
  const entries = await flow.storage.moderation.audit(heard.asker.where.group, LINES);
  const lines = await Promise.all(
    entries.map(async ({ by, detail, at }) => {
      const when = at.toISOString().slice(0, 16).replace('T', ' ');
      return `${when} @${oneLine(await nameOf(flow, by), 40)} ${detail}`;
    }),
  );
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.auditTitle, lines });
}

/** What `/server …` does. */
export const serverDoes: Readonly<Record<string, (doing: Doing) => Promise<void>>> = {
  'preset save': savePresetHere,
  'preset delete': deletePresetHere,
  'preset default': defaultPresetHere,
  'limits set': setLimit,
  'limits reset': resetLimit,
  'limits show': showLimits,
  'channel allow': rule('channel', 'channels', () => ({ value: 'allow', told: '' })),
  'channel deny': rule('channel', 'channels', () => ({ value: 'deny', told: '' })),
  'channel set': rule('server', 'channels', ({ call }) => ({ value: call.options.rule === 'deny' ? 'deny' : 'allow' })),
  'words add': addWord,
  'words remove': removeWord,
  'words list': listWords,
  'words test': testWords,
  'user ban': member(({ call }) => ({ banned: true, why: oneLine(String(call.options.reason ?? ''), 200) || null })),
  'user unban': member(() => ({ banned: false, why: null })),
  'user quota': member(({ call }) => ({ credits: Number(call.options.credits) || null })),
  'policy set': setPolicy,
  'policy vote': together('votes'),
  'policy authors': together('authors'),
  'policy threads': setThreads,
  ...queueDoes,
  log: rule('server', 'log', ({ heard, call }) =>
    call.options.here === 'off' ? { value: [], told: 'off' } : { value: [heard.asker.where.place], told: 'here' },
  ),
  audit,
};

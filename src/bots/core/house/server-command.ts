import type { Policy } from '../../../edit/lineage.ts';
import { presetFlows } from '../../../edit/presets.ts';
import { Refusal } from '../../../errors.ts';
import type { PlaceRules, SettingScope, WordLevel } from '../../../storage/index.ts';
import type { Doing } from '../calls.ts';
import { cancelJob } from '../cancel.ts';
import { plainCard } from '../cards.ts';
import { nameOf } from '../desk.ts';
import { messagesIn } from '../messages/index.ts';
import { personNamed } from '../persons.ts';
import { oneLine } from '../plain-text.ts';
import { meantNode } from '../telling.ts';
import { everywhere, wordsOf } from './gate.ts';
import { contentOf, presetName, savePreset } from './preset-command.ts';
import { choicesFor } from './rules.ts';
import { chosenValue, namedIn, type SettingName } from './settings.ts';
import { settingLines } from './settings-command.ts';
import { checkEntry, screened } from './words.ts';

/** Lines of a list at most; the platforms show no more. */
const LINES = 40;

/** Does something for a server, writes down who did it, and says so. */
async function decreed(
  { flow, heard, incoming, call }: Doing,
  detail: string,
  work: () => Promise<void>,
): Promise<void> {
  await work();
  const { speaker, where } = heard.asker;
  const line = oneLine(`${call.sub} ${detail}`, 300);
  await flow.storage.moderation.record({ owner: where.group, by: speaker.user, action: call.sub, detail: line });
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.done(line) });
}

/** Whose rule somebody changes: their server's, its channel's, or, for operators, everybody's. @throws Refusal 'not-yours' */
function ruled({ flow, heard, call }: Doing): { readonly scope: SettingScope; readonly owner: string } {
  const { where, speaker } = heard.asker;
  if (call.options.scope === 'channel') return { scope: 'channel', owner: where.place };
  if (call.options.scope !== 'all') return { scope: 'server', owner: where.group };
  if (!flow.operators.includes(speaker.user)) throw new Refusal('not-yours', {});
  return { scope: 'system', owner: everywhere };
}

async function setLimit(doing: Doing): Promise<void> {
  const [name, text] = [String(doing.call.options.name), String(doing.call.options.value)];
  const whose = ruled(doing);
  const named = namedIn(whose.scope, name);
  const value = chosenValue(named, whose.scope, text);
  await decreed(doing, `${name} ${text}`, () => doing.flow.storage.settings.set({ ...whose, key: named.name, value }));
}

async function resetLimit(doing: Doing): Promise<void> {
  const whose = ruled(doing);
  const named = namedIn(whose.scope, String(doing.call.options.name));
  await decreed(
    doing,
    named.name,
    async () => void (await doing.flow.storage.settings.reset({ ...whose, key: named.name })),
  );
}

async function showLimits({ flow, heard, incoming }: Doing): Promise<void> {
  const { house } = messagesIn(heard.private);
  const { where } = heard.asker;
  const choices = await choicesFor(flow, where, 'web:nobody');
  await incoming.answer.tell({ ...plainCard, title: house.limitsTitle, lines: settingLines(choices, house.from) });
}

/** A rule of this server or channel by its name. */
function rule(scope: 'server' | 'channel', key: SettingName, value: (doing: Doing) => string | readonly string[]) {
  return (doing: Doing): Promise<void> => {
    const { where } = doing.heard.asker;
    const owner = scope === 'server' ? where.group : where.place;
    const chosen = value(doing);
    return decreed(doing, String(chosen), () => doing.flow.storage.settings.set({ scope, owner, key, value: chosen }));
  };
}

async function savePresetHere(doing: Doing): Promise<void> {
  const { flow, heard, incoming, call } = doing;
  const name = presetName(String(call.options.name));
  const node = await meantNode(flow, incoming, { moves: false });
  if (!node.task) throw new Refusal('nothing-to-repeat', {});
  const content = contentOf(node.task.request.params);
  const preset = { scope: 'server', owner: heard.asker.where.group, name, content } as const;
  await decreed(doing, name, () => savePreset(flow, heard.asker, preset));
}

async function deletePresetHere(doing: Doing): Promise<void> {
  const name = String(doing.call.options.name);
  const { group } = doing.heard.asker.where;
  await decreed(doing, name, async () => {
    if (!(await doing.flow.storage.presets.remove('server', group, name))) {
      throw new Refusal('unknown-name', { kind: 'preset', given: oneLine(name, 40), nearest: [] });
    }
  });
}

async function defaultPresetHere(doing: Doing): Promise<void> {
  const { flow, heard, call } = doing;
  const name = String(call.options.name);
  const what = presetFlows.find((known) => known === call.options.flow) ?? 'any';
  const { group } = heard.asker.where;
  await decreed(doing, `${name} ${what}`, () =>
    flow.storage.presets.setDefault('server', group, name === '-' ? null : name, what),
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
  await incoming.answer.tell({ ...plainCard, title: house.wordsTitle(words.length), lines: lines.slice(0, LINES) });
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

async function listQueue({ flow, heard, incoming }: Doing): Promise<void> {
  const jobs = await flow.storage.jobs.unfinishedOf(heard.asker.where.group);
  const { house } = messagesIn(heard.private);
  const lines = await Promise.all(
    jobs.slice(0, LINES).map(async ({ author, cost, state, task }) => {
      const name = oneLine(await nameOf(flow, author), 40);
      return `@${name} · ${cost.toFixed(1)} · ${state} · ${oneLine(task.request.params.prompt, 60)}`;
    }),
  );
  await incoming.answer.tell({ ...plainCard, title: house.queueTitle(jobs.length), lines });
}

async function clearQueue({ flow, heard, incoming, call }: Doing): Promise<void> {
  const { where, speaker } = heard.asker;
  let cleared = 0;
  for (const row of await flow.storage.jobs.unfinishedOf(where.group)) {
    if (row.state !== 'queued') continue;
    const there = { ...where, place: row.place };
    const isCancelled = await cancelJob(flow, { ...heard.asker, where: there }, row).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Refusal) return false; // it has just begun, or ended
        throw error;
      },
    );
    if (isCancelled) cleared += 1;
  }
  await flow.storage.moderation.record({
    owner: where.group,
    by: speaker.user,
    action: call.sub,
    detail: `${cleared}`,
  });
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.cleared(cleared) });
}

/** Stops or resumes dispatch for the flow of this server alone. */
function dispatch(value: 'paused' | 'running') {
  return (doing: Doing): Promise<void> => {
    const { flow, heard } = doing;
    const owner = heard.asker.where.group;
    return decreed(doing, value, async () => {
      await flow.storage.settings.set({ scope: 'server', owner, key: 'dispatch', value });
      await flow.queue.pause(owner, value === 'paused');
    });
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
  await incoming.answer.tell({ ...plainCard, title: messagesIn(heard.private).house.done('audit'), lines });
}

/** What `/server …` does. */
export const serverDoes: Readonly<Record<string, (doing: Doing) => Promise<void>>> = {
  'preset save': savePresetHere,
  'preset delete': deletePresetHere,
  'preset default': defaultPresetHere,
  'limits set': setLimit,
  'limits reset': resetLimit,
  'limits show': showLimits,
  'channel allow': rule('channel', 'channels', () => 'allow'),
  'channel deny': rule('channel', 'channels', () => 'deny'),
  'channel set': rule('server', 'channels', ({ call }) => (call.options.rule === 'deny' ? 'deny' : 'allow')),
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
  'queue pause': dispatch('paused'),
  'queue resume': dispatch('running'),
  'queue clear': clearQueue,
  'queue list': listQueue,
  log: rule('server', 'log', ({ heard, call }) => (call.options.here === 'off' ? [] : [heard.asker.where.place])),
  audit,
};

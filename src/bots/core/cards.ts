import type { JobId, LineageNode, NodeId } from '../../edit/lineage.ts';
import { forgottenUser } from '../../edit/request.ts';
import type { Size } from '../../edit/size.ts';
import type { RefusalData } from '../../errors.ts';
import { arranged, button, pictureRows, type Standing } from './buttons.ts';
import type { Messages } from './messages/catalogue.ts';
import { troubleOf } from './messages/index.ts';
import { oneLine, soundText } from './plain-text.ts';
import type { ActionId, Button, Capabilities, Card, CardImage } from './platform.ts';

/** Characters of a prompt on a card. */
const PROMPT_SHOWN = 300;
/** Pictures on one card. */
const PICTURES_SHOWN = 10;

export const plainCard: Card = { title: '', lines: [], images: [], rows: [], tone: 'plain', spoiler: false };

/** The prompt a picture was made with; empty for an upload. */
export function promptOf(node: LineageNode): string {
  return node.task?.request.params.prompt ?? '';
}

/** Somebody's words in quotation marks on one line; no line at all when they said nothing. */
export function quoted(words: string): readonly string[] {
  const line = oneLine(words, PROMPT_SHOWN);
  return line === '' ? [] : [`"${line}"`];
}

/** The card with its longest lines cut until all of its text fits. */
export function fitted(card: Card, { maxText }: Pick<Capabilities, 'maxText'>): Card {
  const lines = [...card.lines];
  let over = card.title.length + lines.reduce((sum, line) => sum + line.length + 1, 0) - maxText;
  while (over > 0) {
    const longest = lines.reduce((most, line, i) => (line.length > lines[most]!.length ? i : most), 0);
    const before = lines[longest]?.length ?? 0;
    if (before < 2) break;
    const kept = lines[longest]!.slice(0, Math.max(0, before - over - 1));
    lines[longest] = `${kept.replace(/[\ud800-\udbff]$/, '')}…`; // shorter in any case: counted as platforms count
    over -= before - lines[longest]!.length;
  }
  return { ...card, lines };
}

/** What a picture's card says besides its parameters. */
interface Provenance {
  readonly author: string;
  readonly maskAuthor: string | null;
  /** The picture it was made from. */
  readonly parent: { readonly number: number; readonly author: string; readonly size: Size } | null;
  /** HEAD of `main`. */
  readonly head: number;
}

export interface PictureView extends Standing, Provenance {
  /** HEAD of its branch, which went on while it was painted; the card offers to follow where that can be done. */
  readonly raced?: { readonly job: JobId; readonly current: number; readonly canFollow: boolean } | null;
  /** How long it took and how many steps ran; null for a picture that is shown again. */
  readonly made: { readonly seconds: number; readonly stepsRun: number } | null;
  readonly notes: readonly string[];
}

/** A picture on a card. */
export function cardImage(messages: Messages, node: LineageNode): CardImage {
  return {
    source: node.image.ref,
    node: node.id,
    name: `palimpsest_${node.id}.png`,
    description: messages.picture.description(node.number, oneLine(promptOf(node), 200)),
  };
}

const inWords = ({ width, height }: Size) => `${width}×${height}`;

function numbers(messages: Messages, { node, made, parent }: PictureView): readonly string[] {
  if (!node.task || !made) return [];
  const { params } = node.task.request;
  const [before, after] = [parent ? inWords(parent.size) : '', inWords(node.image)];
  return messages.picture.numbers({
    strength: params.denoisingStrength,
    steps: params.steps,
    stepsRun: made.stepsRun,
    cfg: params.cfgScale,
    sampler: params.sampler,
    seed: node.seed ?? params.seed,
    model: oneLine(params.checkpoint, 60),
    size: before === '' || before === after ? after : `${before} → ${after}`,
    seconds: Math.max(1, Math.round(made.seconds)),
  });
}

function lineageLine(messages: Messages, view: PictureView): readonly string[] {
  const { picture } = messages;
  const { author, maskAuthor, parent, node, head, branch } = view;
  const parts = [
    ...(parent ? [picture.from(parent.number)] : []),
    ...(maskAuthor && maskAuthor !== author ? [picture.maskBy(called(messages, maskAuthor))] : []),
    ...(parent && parent.author !== author ? [picture.baseBy(called(messages, parent.author))] : []),
    ...(branch ? [picture.branch(branch)] : []),
    ...(head === node.number ? [] : [picture.headIs(head)]),
  ];
  return parts.length > 0 ? [parts.join(' · ')] : [];
}

/** What somebody is called on cards; whoever asked to be forgotten has no name any more. */
export function called({ house }: Messages, name: string): string {
  return name === forgottenUser ? house.deletedUser : oneLine(name, 40);
}

function titleOf(messages: Messages, { node, author }: PictureView): string {
  return `#${node.number} · ${messages.operations[node.op]} · @${called(messages, author)}`;
}

/** What to do with a picture that came too late to be the current one. */
function racedRows(messages: Messages, { node, raced }: PictureView): readonly Button[][] {
  if (!raced) return [];
  const keep = button(messages, 'br', node.id, { label: messages.buttons.keepAsBranch });
  return [raced.canFollow ? [button(messages, 'ah', raced.job), keep] : [keep]];
}

/** A finished edit: its pictures, what made them, where they come from, and the buttons to go on. */
export function resultCard(messages: Messages, view: PictureView, capabilities: Capabilities): Card {
  const shown = view.batch.slice(0, PICTURES_SHOWN);
  return {
    ...plainCard,
    title: titleOf(messages, view),
    lines: [
      ...[...quoted(promptOf(view.node)), ...numbers(messages, view), ...lineageLine(messages, view)],
      ...[...(view.raced ? [messages.room.raced(view.raced.current)] : []), ...view.notes],
    ],
    images: shown.map((node) => cardImage(messages, node)),
    rows: [...racedRows(messages, view), ...pictureRows(messages, view, capabilities)].slice(0, capabilities.rows),
    tone: 'done',
    spoiler: view.node.spoiler,
  };
}

/** A picture shown again after undo, redo or a choice: itself, its words, and that it is HEAD now. */
export function nodeCard(messages: Messages, view: PictureView, capabilities: Capabilities): Card {
  const headLine = view.head === view.node.number ? [messages.picture.head(view.head)] : lineageLine(messages, view);
  return {
    ...plainCard,
    title: titleOf(messages, view),
    lines: [...quoted(promptOf(view.node)), ...headLine, ...view.notes],
    images: [cardImage(messages, view.node)],
    rows: pictureRows(messages, view, capabilities),
    spoiler: view.node.spoiler,
  };
}

/** A text, and below it a `^` where the trouble begins; wide characters take two columns. */
function pointer(around: { readonly excerpt: string; readonly at: number } | undefined): readonly string[] {
  if (!around) return [];
  const { excerpt, at } = around;
  const indent = [...excerpt.slice(0, at)].map((c) =>
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(c) ? '\u3000' : ' ',
  );
  return [excerpt, `${indent.join('')}^`];
}

/** "⚠ what · why · what you can do", and under which name it is found in the log. */
export function errorCard(messages: Messages, refusal: RefusalData, ref: string | null, rows: Button[][] = []): Card {
  const { what, why, next } = troubleOf(messages, refusal);
  const said = [why, next].filter((part) => part !== '').map((part) => oneLine(part, 500));
  const lines = ref === null ? said : [...said, `ref: ${ref}`];
  const block = refusal.code === 'bad-option' ? pointer(refusal.details.around) : [];
  return {
    ...plainCard,
    ...(block.length > 0 && { block }),
    title: `⚠ ${oneLine(what, 300)}`,
    lines,
    rows,
    tone: 'warning',
  };
}

/** Asks whether HEAD, which is elsewhere, shall go to the parent of `node`. The button carries the HEAD that was seen. */
export function elsewhereCard(
  messages: Messages,
  node: LineageNode,
  numbers: { readonly head: number; readonly parent: number },
  seen: NodeId,
): Card {
  const { title, line } = messages.elsewhere(numbers.head, node.number, numbers.parent);
  const label = messages.setHead(numbers.parent);
  return { ...plainCard, title, lines: [line], rows: [[button(messages, 'un', node.id, { label, arg: seen })]] };
}

/** Lines as cards of at most `maxText` characters each; a line that is longer is cut into pieces. */
function paged(title: string, lines: readonly string[], maxText: number): Card[] {
  const room = Math.max(200, maxText - title.length - 1);
  const pieces = lines.flatMap((line) => line.match(new RegExp(`.{1,${room}}`, 'gsu')) ?? []);
  const pages: string[][] = [[]];
  let used = 0;
  for (const piece of pieces) {
    if (used > 0 && used + piece.length + 1 > room) {
      pages.push([]);
      used = 0;
    }
    pages.at(-1)!.push(piece);
    used += piece.length + 1;
  }
  return pages.map((page) => ({ ...plainCard, title, lines: page }));
}

/** Everything that made a picture, in as many cards as it takes. */
export function settingsCards(messages: Messages, view: PictureView, { maxText }: Capabilities): Card[] {
  const { node, author } = view;
  const infotext = node.infotext === null ? [messages.settings.upload] : soundText(node.infotext).split('\n');
  const at = `${node.createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const made = [messages.picture.by(called(messages, author)), messages.settings.made(at), `id ${node.id}`].join(' · ');
  return paged(messages.settings.title(node.number), [...infotext, made, ...lineageLine(messages, view)], maxText);
}

/** The picture as it is stored, byte for byte, with its parameters inside. */
export function originalCard(messages: Messages, node: LineageNode): Card {
  return {
    ...plainCard,
    title: messages.original(node.number),
    images: [{ ...cardImage(messages, node), original: true }],
    spoiler: node.spoiler,
  };
}

/** An upload that came without words. */
export function receivedCard(messages: Messages, node: LineageNode, capabilities: Capabilities): Card {
  const on = (action: ActionId, more: Partial<Button> = {}) => button(messages, action, node.id, more);
  const info = { label: messages.buttons.info, emoji: 'ℹ️' };
  const groups = [
    [on('ed'), on('rg'), on('up')],
    [on('op'), on('rm'), on('st', info)],
  ];
  const { received: title, tellMe } = messages.picture;
  return { ...plainCard, title, lines: [tellMe], rows: arranged(groups, capabilities) };
}

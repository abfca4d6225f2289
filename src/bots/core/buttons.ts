import type { LineageNode } from '../../edit/lineage.ts';
import { LATENT_UPSCALE_STRENGTH } from '../../edit/resolve.ts';
import type { ButtonWord, Messages } from './messages/catalogue.ts';
import type { ActionId, Button, Capabilities } from './platform.ts';

/** How an action looks: which word, which picture. */
export const buttonLooks = {
  ag: { word: 'again', emoji: '🎲' },
  ls: { word: 'less', emoji: '➖' },
  mo: { word: 'more', emoji: '➕' },
  ed: { word: 'edit', emoji: '✏️' },
  sm: { word: 'sameMask', emoji: '♻️' },
  pk: { word: 'use', emoji: '📌' },
  un: { word: 'undo', emoji: '↩️' },
  rd: { word: 'redo', emoji: '↪️' },
  st: { word: 'settings', emoji: '⚙️' },
  fl: { word: 'original', emoji: '💾' },
  cx: { word: 'cancel', emoji: '✖️' },
  rt: { word: 'retry', emoji: '🔁' },
  rg: { word: 'region', emoji: '🖌️' },
  up: { word: 'upscale', emoji: '⬆️' },
  op: { word: 'outpaint', emoji: '↔️' },
  rm: { word: 'remove', emoji: '🧽' },
  se: { word: 'seams', emoji: '🩹' },
  mu: { word: 'useMask', emoji: '✅' },
  mi: { word: 'invert', emoji: '◐' },
  mg: { word: 'grow', emoji: '⊕' },
  mh: { word: 'shrink', emoji: '⊖' },
  mc: { word: 'combine', emoji: '∪' },
  so: { word: 'soft', emoji: '🧩' },
  sk: { word: 'toggleSketch', emoji: '🔁' },
  ok: { word: 'confirm', emoji: '🖼️' },
  no: { word: 'dismiss', emoji: '✖️' },
  cs: { word: 'change', emoji: '🔀' },
  ui: { word: 'useInfo', emoji: '📋' },
  br: { word: 'branch', emoji: '🌿' },
  bx: { word: 'forgetBranch', emoji: '✂️' },
  tg: { word: 'together', emoji: '👥' },
  lk: { word: 'lock', emoji: '🔒' },
  vt: { word: 'vote', emoji: '👍' },
  wp: { word: 'parallel', emoji: '🌿' },
  as: { word: 'ask', emoji: '🙋' },
  al: { word: 'allow', emoji: '✅' },
  ah: { word: 'applyOnHead', emoji: '⤴️' },
  dl: { word: 'delete', emoji: '🗑️' },
  cp: { word: 'compare', emoji: '🌓' },
  hs: { word: 'history', emoji: '📜' },
  sh: { word: 'show', emoji: '🖼️' },
  mx: { word: 'furtherButtons', emoji: '' },
  ps: { word: 'savePreset', emoji: '⭐' },
  fg: { word: 'report', emoji: '🚩' },
  pn: { word: 'pin', emoji: '📍' },
  wl: { word: 'begin', emoji: '👋' },
} as const satisfies Record<ActionId, { word: ButtonWord; emoji: string }>;

/** A button for a node, job or draft, in its usual words. */
export function button(messages: Messages, action: ActionId, target: string, more: Partial<Button> = {}): Button {
  const { word, emoji } = buttonLooks[action];
  return { label: messages.buttons[word], emoji, action, target, ...more };
}

/** Lowest and highest strength that Less and More go to. */
const bounds = { ls: 0.05, mo: 1 } as const;

/** One step of Less or More: a tenth down or up, to whole hundredths, within the bounds. */
export function nextStrength(action: 'ls' | 'mo', strength: number): number {
  const step = action === 'ls' ? -0.1 : 0.1;
  return Math.min(bounds.mo, Math.max(bounds.ls, Math.round(100 * (strength + step)) / 100));
}

/** Whether Less or More would change nothing. */
export function isAtBound(action: 'ls' | 'mo', strength: number): boolean {
  return action === 'ls' ? strength <= bounds.ls : strength >= bounds.mo;
}

/** What a button of More says that goes to the strength a latent upscale needs. */
export const SHARP_ARG = 'sharp';

/** What a button of Region says that lets a mask be painted over the picture; the page itself answers it. */
export const PAINT_ARG = 'paint';

/** Where a picture stands in its tree, as far as buttons differ. */
export interface Standing {
  readonly node: LineageNode;
  /** The whole batch, when it is shown together. */
  readonly batch: readonly LineageNode[];
  /** HEAD of a branch. */
  readonly isHead: boolean;
  /** The other branch it is HEAD of. */
  readonly branch: string | null;
  readonly hasChildren: boolean;
}

function makingButtons(messages: Messages, { node }: Standing): readonly Button[] {
  const edit = button(messages, 'ed', node.id);
  if (!node.task) return [edit];
  const { mask, params } = node.task.request;
  const step = (action: 'ls' | 'mo') =>
    button(messages, action, node.id, { disabled: isAtBound(action, params.denoisingStrength) });
  const isBlurred = params.resizeMode === 'latent upscale' && params.denoisingStrength < LATENT_UPSCALE_STRENGTH;
  const sharper = { label: messages.upscale.set(LATENT_UPSCALE_STRENGTH), emoji: '🔎', arg: SHARP_ARG };
  const sameMask = mask?.kind === 'image' ? [button(messages, 'sm', node.id)] : [];
  return [
    button(messages, 'ag', node.id),
    step('ls'),
    step('mo'),
    edit,
    ...sameMask,
    ...(isBlurred ? [button(messages, 'mo', node.id, sharper)] : []),
  ];
}

/** Dialogs and menus about a picture, and ways to mend what an operation left. */
function openingButtons(messages: Messages, { node }: Standing): readonly Button[] {
  const of = (action: ActionId, more: Partial<Button> = {}) => button(messages, action, node.id, more);
  const mending: Readonly<Partial<Record<LineageNode['op'], readonly Button[]>>> = {
    outpaint: [of('se')],
    remove: [
      of('rm', { arg: 'nothing', label: messages.buttons.latentNothing, emoji: '🌀' }),
      of('rm', { arg: 'grow', label: messages.buttons.growAndRetry, emoji: '⊕' }),
    ],
  };
  return [of('rg'), of('up'), of('op'), ...(mending[node.op] ?? [])];
}

function movingButtons(messages: Messages, { node, isHead, hasChildren }: Standing): readonly Button[] {
  return [
    ...(node.parent === null ? [] : [button(messages, 'un', node.id)]),
    ...(hasChildren && isHead ? [button(messages, 'rd', node.id)] : []),
    ...(isHead ? [] : [button(messages, 'pk', node.id)]),
    ...(node.parent === null ? [] : [button(messages, 'cp', node.id)]),
    button(messages, 'mx', node.id),
  ];
}

function pickButtons({ node, batch }: Standing): readonly Button[] {
  if (batch.length < 2) return [];
  return batch.map((_, i) => ({ label: String(i + 1), action: 'pk', target: node.id, arg: String(i + 1) }));
}

/** As few rows as hold them, of nearly the same length: no button stands alone below a full row. */
function chunks<T>(items: readonly T[], most: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / most);
  const size = Math.ceil(items.length / count);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Groups of buttons as rows that the platform can show; what does not fit is left out from the end. */
export function arranged(groups: readonly (readonly Button[])[], { buttonsPerRow, rows }: Capabilities): Button[][] {
  return groups
    .flatMap((group) => chunks(group, buttonsPerRow))
    .slice(0, rows)
    .map((row) => [...row]);
}

/** The buttons of a picture's card: choosing, making, moving. */
export function pictureRows(messages: Messages, standing: Standing, capabilities: Capabilities): Button[][] {
  const groups = [
    pickButtons(standing),
    makingButtons(messages, standing),
    openingButtons(messages, standing),
    movingButtons(messages, standing),
  ];
  return arranged(groups, capabilities);
}

/** The buttons behind "⋯": seeing more of a picture, and deciding about it. */
export function furtherRows(messages: Messages, { node, branch }: Standing, capabilities: Capabilities): Button[][] {
  const on = (action: ActionId, more: Partial<Button> = {}) => button(messages, action, node.id, more);
  const rename = { label: messages.buttons.renameBranch, emoji: '🏷️', arg: 'r' };
  const back = { label: messages.buttons.back, emoji: '🔙', arg: 'b' };
  const groups = [
    [on('br'), on('hs'), on('st'), on('fl'), on('pn')],
    [on('tg'), on('lk'), ...(node.task ? [on('ps')] : []), on('fg')],
    [...(branch === null ? [] : [on('bx', rename), on('bx')]), on('dl', { style: 'danger' })],
    capabilities.menus === 'in place' ? [on('mx', back)] : [],
  ];
  return arranged(groups, capabilities);
}

import { h, icon, iconOf } from './dom.ts';
import { gallery } from './gallery.ts';
import { readBranch, readProgress, readPrompt, readTitle, readUsage } from './reading.ts';
import { section } from './section.ts';
import type { WireButton, WireCard, WireImage, WireMessage } from './wire.ts';
import type { Words } from './words.ts';

/** What can be done with a message. */
export interface MessageActions {
  /** @returns further buttons of the card, when that is what the button opens */
  press(message: WireMessage, button: Pick<WireButton, 'code'>): Promise<WireCard | null>;
  reply(message: WireMessage): void;
  /** Shows a picture of the message large. */
  open(message: WireMessage, index: number): void;
  /** Lets a mask be painted over the message's only picture. */
  paint(message: WireMessage, image: WireImage): void;
  /** The same, for the picture that the message is about. */
  paintAbout(message: WireMessage): void;
  dismiss(message: WireMessage): void;
}

/** A card on the page, which can change. */
export interface CardView {
  readonly element: HTMLElement;
  update(message: WireMessage): void;
}

/** A line of a tree keeps its words beside what is drawn before them, however many rows they take. */
function branch(text: string): readonly (HTMLElement | string)[] {
  const found = readBranch(text);
  if (!found) return [text];
  return [h('span', { class: 'drawn', 'aria-hidden': 'true' }, found.drawn), h('span', {}, found.says)];
}

function line(text: string, tone: WireCard['tone']): HTMLElement {
  const prompt = readPrompt(text);
  if (prompt !== undefined) return h('p', { class: 'prompt' }, prompt);
  const usage = tone === 'plain' ? readUsage(text) : undefined;
  if (usage) return h('p', { class: 'usage' }, h('code', {}, usage.typed), ' ', h('span', {}, usage.does));
  return h('p', { class: tone === 'done' ? 'fact' : 'line' }, ...branch(text));
}

/** The bar of a job on its way; it keeps its element, so that it moves smoothly. */
function progressBar(words: Words) {
  const fill = h('div', { class: 'bar-fill' });
  const bar = h('div', {
    class: 'bar',
    role: 'progressbar',
    'aria-label': words.working,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  bar.append(fill);
  const says = h('p', { class: 'bar-says' });
  const element = h('div', { class: 'progress', 'aria-live': 'off' }, bar, says);
  const update = (card: WireCard) => {
    element.hidden = card.tone !== 'busy';
    const progress = card.lines.map(readProgress).find((found) => found !== undefined);
    bar.classList.toggle('indeterminate', progress === undefined);
    fill.style.width = progress ? `${progress.percent}%` : '';
    if (progress) bar.setAttribute('aria-valuenow', String(progress.percent));
    else bar.removeAttribute('aria-valuenow');
    says.replaceChildren(
      ...(progress ? [h('strong', {}, `${progress.percent} %`), progress.says && ` · ${progress.says}`] : []),
    );
  };
  return { element, update };
}

/** Buttons that do something new stand out; those that move or tell are quiet. */
const quiet: readonly string[] = ['un', 'rd', 'cp', 'st', 'fl', 'cx', 'mx', 'hs', 'br', 'sh', 'pn'];

const isChoice = (button: WireButton) => button.action === 'pk' && /^\d+$/.test(button.label);

/** Coloured arrows as the text they are: `⬅️` → `←`. */
function withPlainArrows(label: string): string {
  const plain: Readonly<Record<string, string>> = { '⬅️': '←', '⬆️': '↑', '⬇️': '↓', '➡️': '→' };
  return plain[label] ?? label;
}

/** A button of a card. `name`: for those who cannot see it, where its label is a sign. */
export function actionButton(button: WireButton, onPress: () => Promise<void>, name?: string): HTMLElement {
  const look = isChoice(button) ? 'choice' : quiet.includes(button.action) ? 'quiet' : '';
  const element = h(
    'button',
    {
      class: `action ${look} ${button.style}`,
      type: 'button',
      disabled: button.disabled,
      'data-action': button.action,
      'data-key': button.code,
      ...(name !== undefined && { 'aria-label': name, title: name }),
    },
    iconOf(button.emoji),
    h('span', {}, withPlainArrows(button.label)),
  );
  // It is not disabled meanwhile: that would take the focus from whoever has no pointer.
  const press = async () => {
    if (element.classList.contains('pending')) return;
    element.classList.add('pending');
    element.setAttribute('aria-busy', 'true');
    try {
      await onPress();
    } finally {
      element.classList.remove('pending');
      element.removeAttribute('aria-busy');
    }
  };
  element.addEventListener('click', () => void press()); // tells about its own failures
  return element;
}

type Press = (button: WireButton) => Promise<WireCard | null>;

/** Further buttons, beside the one that opened them, until one of them or something else is pressed. The focus goes back there. */
function openMenu(anchor: HTMLElement, { title, rows }: WireCard, press: Press): void {
  const opener = anchor.querySelector<HTMLElement>('[data-action="mx"]');
  const close = () => {
    menu.remove();
    opener?.removeAttribute('aria-expanded');
    document.removeEventListener('pointerdown', away, true);
    document.removeEventListener('keydown', leave, true);
  };
  const away = ({ target }: Event) => [menu, opener].some((one) => one?.contains(target as Node)) || close();
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    close();
    opener?.focus();
  };
  const choose = async (button: WireButton) => {
    close();
    opener?.focus();
    await press(button);
  };
  const items = rows.flat().map((button) => actionButton(button, () => choose(button)));
  const menu = h('div', { class: 'card-menu', role: 'group', 'aria-label': title }, ...items);
  menu.addEventListener('close', close);
  anchor.append(menu);
  opener?.setAttribute('aria-expanded', 'true');
  document.addEventListener('pointerdown', away, true);
  document.addEventListener('keydown', leave, true);
  items[0]?.focus();
}

function buttonRows(element: HTMLElement, words: Words, press: Press) {
  return section<WireCard['rows']>(element, (rows) => {
    element.hidden = rows.length === 0;
    for (const row of rows) {
      const isChoosing = row.every(isChoice);
      const line = h(
        'div',
        { class: 'row', role: 'group', 'aria-label': isChoosing ? words.use : null },
        isChoosing ? h('span', { class: 'row-label' }, words.use) : null,
      );
      const onPress = async (button: WireButton) => {
        const open = button.action === 'mx' && line.querySelector('.card-menu');
        if (open) return void open.dispatchEvent(new Event('close')); // pressed once more
        const menu = await press(button);
        if (menu) openMenu(line, menu, press);
      };
      const named = (button: WireButton) => (button.label === '⋯' ? words.furtherButtons : undefined);
      line.append(...row.map((button) => actionButton(button, () => onPress(button), named(button))));
      element.append(line);
    }
  });
}

const HALF_DAY_MS = 12 * 3600 * 1000;

/** As the browser's own language writes it; with its date once it may be of another day. */
function clock(at: number): string {
  const day = Date.now() - at > HALF_DAY_MS ? ({ month: 'short', day: 'numeric' } as const) : {};
  return new Intl.DateTimeFormat(undefined, { ...day, hour: '2-digit', minute: '2-digit' }).format(at);
}

function heading(element: HTMLElement, words: Words, reply: () => void) {
  return section<{ readonly title: string; readonly at: number }>(element, ({ title, at }) => {
    const { number, rest } = readTitle(title);
    element.append(
      number === null ? '' : h('span', { class: 'number' }, number),
      h('span', { class: number === null ? 'title' : 'provenance' }, rest),
      h('span', { class: 'spring' }),
      h('time', { datetime: new Date(at).toISOString() }, clock(at)),
      h(
        'button',
        {
          class: 'plain-button reply',
          type: 'button',
          title: words.reply,
          'aria-label': `${words.reply} ${number ?? rest}`,
          on: { click: reply },
        },
        icon('reply'),
      ),
    );
  });
}

/** Whether a click on the card was meant for nothing else than the card: no button, no selection of text. */
function isFree(event: MouseEvent): boolean {
  const target = event.target as Element;
  return !target.closest('button, a, input') && (getSelection()?.isCollapsed ?? true);
}

/** A card of ours: pictures, words, progress, buttons. */
export function createCard(first: WireMessage, words: Words, actions: MessageActions): CardView {
  let message = first;
  const part = (name: string) => h('div', { class: name });
  const [images, head, lines, rows] = [part('gallery'), part('card-head'), part('lines'), part('rows')];
  const bar = progressBar(words);
  const only = h(
    'div',
    { class: 'only-you' },
    h('span', {}, words.onlyYou),
    h('button', { class: 'link-button', type: 'button', on: { click: () => actions.dismiss(message) } }, words.dismiss),
  );
  const body = h('div', { class: 'card-body' }, head, lines, bar.element, rows, first.onlyYou && only);
  const element = h('article', { class: 'card' }, images, body);
  body.addEventListener('click', (event) => {
    if (isFree(event) && message.card?.tone !== 'busy') actions.reply(message);
  });
  const showImages = gallery(images, words, {
    open: (index) => actions.open(message, index),
    paint: (image) => actions.paint(message, image),
  });
  const showHead = heading(head, words, () => actions.reply(message));
  const showRows = buttonRows(rows, words, async (button) => {
    if (!button.paints) return actions.press(message, button);
    actions.paintAbout(message);
    return null;
  });
  const showLines = section<WireCard>(lines, (card) => {
    const said = card.lines.filter((text) => !readProgress(text));
    const chosenBy = new Map(card.choices.map((choice) => [choice.line, choice]));
    const shown = said.map((text, at) => {
      const choice = chosenBy.get(at);
      if (!choice) return line(text, card.tone);
      const choose = () => void actions.press(message, choice); // tells about its own failures
      const about = { class: 'line chosen', type: 'button', 'data-key': choice.code };
      return h('button', { ...about, on: { click: choose } }, ...branch(text));
    });
    lines.append(...shown);
    if (card.block.length > 0) lines.append(h('pre', { class: 'block' }, card.block.join('\n')));
    for (const { src, name, original } of card.images)
      if (original)
        lines.append(h('a', { class: 'download', href: src, download: name }, icon('fl'), `${words.save} ${name}`));
  });
  const update = (now: WireMessage) => {
    message = now;
    const { card } = now;
    if (!card) return;
    element.className = `card tone-${card.tone}${now.onlyYou ? ' private' : ''}`;
    element.setAttribute('aria-label', readTitle(card.title).number ?? card.title);
    showImages({ images: card.images, spoiler: card.spoiler });
    showHead({ title: card.title, at: now.at });
    showLines({ ...card, rows: [] });
    bar.update(card);
    showRows(card.rows);
  };
  update(first);
  return { element, update };
}

/** What may stand inside an element. Texts become text nodes: nothing is ever read as markup. */
export type Child = Node | string | null | false | undefined;

type Listeners = { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

export interface Attributes {
  readonly on?: Listeners;
  readonly [name: string]: string | number | boolean | null | undefined | Listeners;
}

function setAttributes(element: Element, { on = {}, ...attributes }: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string' || typeof value === 'number') element.setAttribute(name, String(value));
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener as EventListener);
}

/** An element with attributes, listeners and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

/** Line drawings in a square of 24. */
const drawings = {
  ag: ['M4 12a8 8 0 0 1 13.7-5.6L20 8.7', 'M20 4v4.7h-4.7', 'M20 12a8 8 0 0 1-13.7 5.6L4 15.3', 'M4 20v-4.7h4.7'],
  ls: ['M5 12h14'],
  mo: ['M5 12h14', 'M12 5v14'],
  ed: ['M4 20l1-4.5L16.5 4a2.1 2.1 0 0 1 3 3L8.5 19z', 'M14.5 6l3.5 3.5'],
  sm: [
    'M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8',
    'M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8',
    'M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16',
    'M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16',
    'M12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z',
  ],
  pk: ['M5 12.5l4.5 4.5L19 7.5'],
  un: ['M8.5 5L4 9.5 8.5 14', 'M4 9.5h10a6 6 0 0 1 0 12h-3'],
  rd: ['M15.5 5L20 9.5 15.5 14', 'M20 9.5H10a6 6 0 0 0 0 12h3'],
  st: [
    'M4 7h9',
    'M19 7h1',
    'M16 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
    'M4 17h1',
    'M11 17h9',
    'M8 14.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  ],
  fl: ['M12 4v11', 'M7.5 11l4.5 4.5 4.5-4.5', 'M5 20h14'],
  cx: ['M6.5 6.5l11 11', 'M17.5 6.5l-11 11'],
  rt: ['M20 12a8 8 0 1 1-2.4-5.7L20 8.7', 'M20 4v4.7h-4.7'],
  br: [
    'M7 4v11',
    'M7 15a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z',
    'M17 4a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z',
    'M17 9c0 4-4 5-8.500 6.500',
  ],
  rg: [
    'M4 7V5.500A1.500 1.500 0 0 1 5.500 4H7',
    'M17 4h1.500A1.500 1.500 0 0 1 20 5.500V7',
    'M4 17v1.500A1.500 1.500 0 0 0 5.500 20H7',
    'M8 13c0-2.500 1.800-4.500 4-4.500s4 1.500 4 3.800S14.500 16 12 16s-4-1-4-3z',
    'M20 11v9h-9',
  ],
  up: ['M4 20L20 4', 'M13 4h7v7', 'M4 13v7h7'],
  op: [
    'M9 9h6v6H9z',
    'M5 12H2.500',
    'M4 10.500L2.500 12 4 13.500',
    'M19 12h2.500',
    'M20 10.500l1.500 1.500-1.500 1.500',
    'M12 5V2.500',
    'M12 19v2.500',
  ],
  bx: ['M6 6l12 12', 'M18 6L6 18'],
  pn: [
    'M12 21s-6.500-6-6.500-11a6.500 6.500 0 0 1 13 0c0 5-6.500 11-6.500 11z',
    'M12 8a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400z',
  ],
  cp: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z', 'M12 4v16'],
  hs: ['M4 5v4.500h4.500', 'M4.600 9.500A8 8 0 1 1 4 13', 'M12 8v4.500l3 2'],
  sh: [
    'M4 6.500A1.500 1.500 0 0 1 5.500 5h13A1.500 1.500 0 0 1 20 6.500v11a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500z',
    'M4.500 17l5-5 3.500 3.500 2-2 4.500 4',
  ],
  attach: [
    'M4.5 6.5A1.5 1.5 0 0 1 6 5h12a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 18 19H6a1.5 1.5 0 0 1-1.5-1.5z',
    'M5 16.5l4.5-4.5 4 4 2-2 3.5 3.5',
    'M15 8.8a.9.9 0 1 1 0 1.8.9.9 0 0 1 0-1.8z',
  ],
  send: ['M12 19V5', 'M6 11l6-6 6 6'],
  reply: ['M9.5 6L5 10.5 9.5 15', 'M5 10.5h8a6 6 0 0 1 6 6V18'],
  brush: ['M14.5 4.5l5 5L11 18l-5-5z', 'M6 13c-2 .5-2.500 2-2.500 3.500S3 19 2.500 20c2.500.5 6.500 0 8.500-2'],
  sun: [
    'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z',
    'M12 3v1.500',
    'M12 19.500V21',
    'M3 12h1.500',
    'M19.500 12H21',
    'M5.600 5.600l1.100 1.100',
    'M17.300 17.300l1.100 1.100',
    'M5.600 18.400l1.100-1.100',
    'M17.300 6.700l1.100-1.100',
  ],
  moon: ['M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z'],
  auto: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z', 'M12 4v16', 'M12 8h5.500', 'M12 12h8', 'M12 16h5.500'],
  left: ['M14.500 6l-6 6 6 6'],
  right: ['M9.500 6l6 6-6 6'],
  down: ['M6 9.500l6 6 6-6'],
  eraser: ['M9 19l-5-5 9.500-9.500 6 6L11 19z', 'M8.500 9.500l6 6', 'M9 19h11'],
  tg: [
    'M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
    'M3 19c.4-3.4 2.8-5 6-5s5.6 1.6 6 5',
    'M15.5 5.5a2.7 2.7 0 1 1 0 5.4',
    'M17 14.2c2.4.4 3.700 1.900 4 4.300',
  ],
  lk: ['M6.500 11h11v9h-11z', 'M8.500 11V8a3.500 3.500 0 0 1 7 0v3'],
  ps: ['M12 4l2.400 5 5.600.7-4.100 3.800 1.100 5.500-5-2.800-5 2.800 1.100-5.500L4 9.700l5.600-.7z'],
  fg: ['M6 21V4', 'M6 5c4-2 7 2 12 0v8c-5 2-8-2-12 0'],
  dl: ['M5 7h14', 'M10 7V4.500h4V7', 'M7 7l1 13h8l1-13', 'M10.500 11v5', 'M13.500 11v5'],
  vt: [
    'M8 11v9H4.500v-9z',
    'M8 12l3.500-8c1.800 0 2.500 1.200 2.200 3l-.5 3H18a2 2 0 0 1 2 2.300l-1 5.700a2.500 2.500 0 0 1-2.500 2H8',
  ],
  cs: [
    'M4 7h3c5 0 5 10 10 10h3',
    'M4 17h3c1.500 0 2.500-.9 3.300-2',
    'M13.700 9c.8-1.100 1.800-2 3.300-2h3',
    'M17.500 4.500L20 7l-2.500 2.500',
    'M17.500 14.500L20 17l-2.500 2.500',
  ],
  se: ['M14 4l6 6-10 10-6-6z', 'M9 9l6 6'],
  mg: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z', 'M12 8.500v7', 'M8.500 12h7'],
  mh: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z', 'M8.500 12h7'],
  mi: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z', 'M12 4v16', 'M15 5.500v13', 'M18 7.500v9'],
  mc: ['M9.500 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10z', 'M14.500 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10z'],
  so: ['M12 4c3.500 4.500 5.500 7 5.500 10a5.500 5.500 0 0 1-11 0c0-3 2-5.500 5.500-10z'],
  clock: ['M12 6a7 7 0 1 1 0 14 7 7 0 0 1 0-14z', 'M12 9.500V13l2.500 1.500', 'M5 4.500L3 6.500', 'M19 4.500l2 2'],
  search: ['M10.500 4.500a6 6 0 1 1 0 12 6 6 0 0 1 0-12z', 'M15 15l5 5'],
  list: ['M8 5H5.500v15h13V5H16', 'M9 3.500h6v3H9z', 'M9 11.500h6', 'M9 15.500h6'],
  tag: ['M4 4.500h7.500L20.500 13.500l-7 7L4 11.500z', 'M8 8.500v.010'],
  sheet: ['M5 5h14v14H5z'],
  help: [
    'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z',
    'M9.700 9.900a2.300 2.300 0 1 1 3.400 2c-.800.500-1.100 1-1.100 1.800',
    'M12 16.300v.010',
  ],
  info: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z', 'M12 11.500V16', 'M12 8v.010'],
  person: ['M12 4.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7z', 'M5 20c.5-4 3.500-6 7-6s6.500 2 7 6'],
} as const satisfies Record<string, readonly string[]>;
export type IconName = keyof typeof drawings;

const svgNamespace = 'http://www.w3.org/2000/svg';

/** A drawing that says nothing to people who cannot see it; the words beside it do. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg');
  setAttributes(svg, { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' });
  for (const d of drawings[name]) {
    const path = document.createElementNS(svgNamespace, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** The icons of signs; a sign that is not here has none. */
const bySign: Readonly<Record<string, IconName>> = {
  ...{ '🎲': 'ag', '➖': 'ls', '➕': 'mo', '✏️': 'ed', '♻️': 'sm', '📌': 'pk', '✅': 'pk', '↩️': 'un', '↪️': 'rd' },
  ...{ '⚙️': 'st', '💾': 'fl', '✖️': 'cx', '🔁': 'rt', '🖌️': 'rg', '⬆️': 'up', '↔️': 'op', '🧽': 'eraser', '🩹': 'se' },
  ...{ '◐': 'mi', '⊕': 'mg', '⊖': 'mh', '🖼️': 'sh', '🏞️': 'sh', '📷': 'attach', '🔀': 'cs', '🌿': 'br', '✂️': 'bx' },
  ...{ '👥': 'tg', '🔒': 'lk', '👍': 'vt', '🙋': 'person', '🗑️': 'dl', '🌓': 'cp', '📜': 'hs', '⭐': 'ps', '🚩': 'fg' },
  ...{ '🔎': 'search', '🔍': 'search', '📋': 'list', '🏷️': 'tag', '⬜': 'sheet', '❓': 'help', ℹ️: 'info', '🔙': 'left' },
  ...{ '🔽': 'down', '🌀': 'ag', '🖍️': 'brush' },
  ...{ '📍': 'pn', '⏰': 'clock', '∪': 'mc', '🧩': 'so', '◀️': 'left', '▶️': 'right', '⤴️': 'up' },
};

/** The icon that stands for a sign, when there is one. */
export function iconOf(sign: string | null): SVGSVGElement | null {
  const name = bySign[sign ?? ''];
  return name ? icon(name) : null;
}

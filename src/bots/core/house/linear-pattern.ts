import { Refusal } from '../../../errors.ts';

/** Whether a character is one of a set. */
type Test = (character: string) => boolean;

/** A program for the simulated automaton; jumps are indices into it. */
type Step =
  | { readonly op: 'char'; readonly test: Test }
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'at'; readonly where: 'start' | 'end' | 'boundary' }
  | { readonly op: 'match' };

type Node =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'at'; readonly where: 'start' | 'end' | 'boundary' }
  | { readonly kind: 'all'; readonly parts: readonly Node[] }
  | { readonly kind: 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

/** Steps of a program: with a text of ten thousand characters that is a few million tests at the very most. */
const STEPS = 300;
const REPEATS = 50;

const isWord: Test = (c) => /[\p{L}\p{N}_]/u.test(c);
const classes: Readonly<Record<string, Test>> = {
  d: (c) => /\p{N}/u.test(c),
  w: isWord,
  s: (c) => /\s/u.test(c),
};

function escaped(letter: string): Test {
  const known = classes[letter.toLowerCase()];
  if (!known) return (c) => c === letter;
  return letter === letter.toLowerCase() ? known : (c) => !known(c);
}

/** Reads an expression: `|`, `( )`, `* + ? {m,n}`, `[ ]`, `.`, `^ $ \b`, `\d \w \s` and their opposites. No look-around, no references. */
class Reader {
  readonly #source: string[];
  #at = 0;

  constructor(source: string) {
    this.#source = [...source];
  }

  read(): Node {
    const node = this.#alternatives();
    if (this.#at < this.#source.length) this.#refuse();
    return node;
  }

  #refuse(): never {
    throw new Refusal('bad-expression', { entry: this.#source.join(''), position: this.#at });
  }

  #peek(): string | undefined {
    return this.#source[this.#at];
  }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const found = this.#source[this.#at++];
    if (found === undefined) this.#refuse();
    return found;
  }

  #alternatives(): Node {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let c = this.#peek(); c !== undefined && c !== '|' && c !== ')'; c = this.#peek())
      parts.push(this.#repeated());
    return { kind: 'all', parts };
  }

  #repeated(): Node {
    let part = this.#atom();
    for (let range = this.#range(); range; range = this.#range()) part = { kind: 'repeat', part, ...range };
    return part;
  }

  #range(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return undefined;
    let text = '';
    while (!this.#take('}')) text += this.#next();
    const [, min = '', comma, max = ''] = /^(\d{1,3})(,?)(\d{0,3})$/.exec(text) ?? [];
    const range = {
      min: Number(min),
      max: comma ? (max === '' ? Number.POSITIVE_INFINITY : Number(max)) : Number(min),
    };
    const isSound =
      min !== '' && range.min <= REPEATS && (range.max <= REPEATS || max === '') && range.max >= range.min;
    return isSound ? range : this.#refuse();
  }

  #atom(): Node {
    const c = this.#next();
    if (c === '(') {
      if (this.#take('?') && !this.#take(':')) this.#refuse();
      const inner = this.#alternatives();
      return this.#take(')') ? inner : this.#refuse();
    }
    if (c === '[') return { kind: 'char', test: this.#set() };
    if (c === '.') return { kind: 'char', test: () => true };
    if (c === '^') return { kind: 'at', where: 'start' };
    if (c === '$') return { kind: 'at', where: 'end' };
    if ('*+?{'.includes(c)) this.#refuse();
    if (c !== '\\') return { kind: 'char', test: (other) => other === c };
    const letter = this.#next();
    if (letter === 'b') return { kind: 'at', where: 'boundary' };
    if (/[1-9kpPuxB]/.test(letter)) this.#refuse();
    return { kind: 'char', test: escaped(letter) };
  }

  #set(): Test {
    const isNegated = this.#take('^');
    const tests: Test[] = [];
    while (!this.#take(']')) {
      const c = this.#next();
      if (c === '\\') {
        tests.push(escaped(this.#next()));
      } else if (this.#peek() === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at += 1;
        const last = this.#next();
        if (last < c) this.#refuse();
        tests.push((other) => other >= c && other <= last);
      } else {
        tests.push((other) => other === c);
      }
    }
    return (c) => tests.some((test) => test(c)) !== isNegated;
  }
}

function emit(node: Node, program: Step[], entry: string): void {
  if (program.length > STEPS) throw new Refusal('bad-expression', { entry, position: entry.length });
  switch (node.kind) {
    case 'char':
      program.push({ op: 'char', test: node.test });
      return;
    case 'at':
      program.push({ op: 'at', where: node.where });
      return;
    case 'all':
      for (const part of node.parts) emit(part, program, entry);
      return;
    case 'any':
      emitAny(node.parts, program, entry);
      return;
    case 'repeat':
      emitRepeat(node, program, entry);
      return;
    default:
      node satisfies never;
  }
}

function emitAny(parts: readonly Node[], program: Step[], entry: string): void {
  const fork = program.push({ op: 'split', to: [] }) - 1;
  const begins: number[] = [];
  const ends: number[] = [];
  for (const part of parts) {
    begins.push(program.length);
    emit(part, program, entry);
    ends.push(program.push({ op: 'split', to: [] }) - 1);
  }
  program[fork] = { op: 'split', to: begins };
  for (const end of ends) program[end] = { op: 'split', to: [program.length] };
}

function emitRepeat({ part, min, max }: Node & { kind: 'repeat' }, program: Step[], entry: string): void {
  for (let i = 0; i < min; i++) emit(part, program, entry);
  if (max === Number.POSITIVE_INFINITY) {
    const fork = program.push({ op: 'split', to: [] }) - 1;
    emit(part, program, entry);
    program.push({ op: 'split', to: [fork] });
    program[fork] = { op: 'split', to: [fork + 1, program.length] };
    return;
  }
  const forks: number[] = [];
  for (let i = min; i < max; i++) {
    forks.push(program.push({ op: 'split', to: [] }) - 1);
    emit(part, program, entry);
  }
  for (const fork of forks) program[fork] = { op: 'split', to: [fork + 1, program.length] };
}

/** Where something was found, UTF-16 units. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/** Visits of automaton states that are left to all expressions of a list together. */
export interface Effort {
  left: number;
}
/** What one text may take: a tenth of a second on a slow machine. */
export const usualEffort = (): Effort => ({ left: 2_000_000 });

/** Finds in a text, from a place on, UTF-16 units. @throws TooMuchEffort */
type Pattern = (text: string, from?: number, effort?: Effort) => Found | undefined;

/** A search was ended before it knew anything. */
export class TooMuchEffort extends Error {
  override readonly name = 'TooMuchEffort';
}

/**
 * An expression that takes time in proportion to the text, whatever it is and whatever the text: its automaton is simulated in all states
 * at once and never goes back. Finds where the first match begins and its longest end.
 * @throws Refusal 'bad-expression' for what it does not know, or when it would be too large
 * Source: Thompson 1968, "Regular expression search algorithm"
 */
export function linearPattern(source: string): Pattern {
  const program: Step[] = [];
  emit(new Reader(source).read(), program, source);
  if (program.length > STEPS) throw new Refusal('bad-expression', { entry: source, position: source.length });
  program.push({ op: 'match' });
  return (text, from = 0, effort = usualEffort()) => {
    const characters = [...text];
    const found = new Search(program, characters, effort).from([...text.slice(0, from)].length);
    const units = (count: number) => characters.slice(0, count).join('').length;
    return found && { start: units(found.start), end: units(found.end) };
  };
}

function isAt(where: 'start' | 'end' | 'boundary', characters: readonly string[], at: number): boolean {
  if (where === 'start') return at === 0;
  if (where === 'end') return at === characters.length;
  const isWordAt = (i: number) => characters[i] !== undefined && isWord(characters[i]);
  return isWordAt(at - 1) !== isWordAt(at);
}

/** States that are alive, by the characters at which they began, earliest first. */
interface Alive {
  readonly states: Int32Array;
  readonly begins: Int32Array;
  count: number;
}
const nobody = (size: number): Alive => ({ states: new Int32Array(size), begins: new Int32Array(size), count: 0 });

/** One simulation of an automaton over a text. */
class Search {
  readonly #program: readonly Step[];
  readonly #characters: readonly string[];
  readonly #effort: Effort;
  /** For each state the last character at which it was visited: whoever comes first began earliest. */
  readonly #visited: Int32Array;
  readonly #open: number[] = [];
  readonly #tested = new Map<Test, boolean>();

  constructor(program: readonly Step[], characters: readonly string[], effort: Effort) {
    this.#program = program;
    this.#characters = characters;
    this.#effort = effort;
    this.#visited = new Int32Array(program.length).fill(-1);
  }

  /** The first match from a character on, with its longest end; characters, not units. */
  from(first: number): Found | undefined {
    const { length } = this.#program;
    const [moved, alive] = [nobody(length), nobody(length)];
    let best: Found | undefined;
    for (let at = first; at <= this.#characters.length; at++) {
      alive.count = 0;
      for (let i = 0; i < moved.count; i++) this.#visit(alive, moved.states[i]!, moved.begins[i]!, at);
      if (!best) this.#visit(alive, 0, at, at);
      const begin = this.#matchIn(alive);
      if (begin !== undefined && begin <= (best?.start ?? begin)) best = { start: begin, end: at };
      if (at === this.#characters.length || (best && alive.count === 0)) break;
      this.#move(alive, moved, at, best?.start ?? at);
    }
    return best;
  }

  /** A state, and all that are reached from it without a character. */
  #visit(alive: Alive, state: number, begin: number, at: number): void {
    const open = this.#open;
    open.push(state);
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (this.#visited[index] === at) continue;
      this.#visited[index] = at;
      if (--this.#effort.left < 0) throw new TooMuchEffort();
      const step = this.#program[index]!;
      if (step.op === 'split') open.push(...step.to);
      else if (step.op !== 'at') this.#keep(alive, index, begin);
      else if (isAt(step.where, this.#characters, at)) open.push(index + 1);
    }
  }

  #keep(alive: Alive, state: number, begin: number): void {
    alive.states[alive.count] = state;
    alive.begins[alive.count] = begin;
    alive.count += 1;
  }

  /** Where the match begins that ends here. */
  #matchIn({ states, begins, count }: Alive): number | undefined {
    for (let i = 0; i < count; i++) if (states[i] === this.#program.length - 1) return begins[i];
    return undefined;
  }

  /** The states after one more character; those that began later than `limit` can win no more. */
  #move(alive: Alive, moved: Alive, at: number, limit: number): void {
    this.#tested.clear();
    moved.count = 0;
    for (let i = 0; i < alive.count; i++) {
      const step = this.#program[alive.states[i]!]!;
      const begin = alive.begins[i]!;
      if (step.op !== 'char' || begin > limit || !this.#passes(step.test, at)) continue;
      this.#keep(moved, alive.states[i]! + 1, begin);
    }
  }

  /** A test of a character, made once however many states ask. */
  #passes(test: Test, at: number): boolean {
    const known = this.#tested.get(test);
    if (known !== undefined) return known;
    const passes = test(this.#characters[at]!);
    this.#tested.set(test, passes);
    return passes;
  }
}

/** The text of a prompt up to and including a step, until an earlier stretch's end. */
export interface ScheduledText {
  readonly endAt: number;
  readonly text: string;
}

/** What the steps in a prompt refer to. */
export interface ScheduleOptions {
  /** Steps of the job, twice as many for samplers of second order; not reduced by denoising strength. */
  readonly steps: number;
  /** Steps of a second pass, when the schedule is for that one: its steps count on from `steps`. */
  readonly hiresSteps?: number;
  /** Before A1111 1.6: numbers below 1 are fractions, whether they have a point or not. */
  readonly useOldScheduling?: boolean;
}

/** A prompt as a little program: texts are written out, choices and jumps tell where to go on. */
type Instruction =
  | string
  | { readonly kind: 'switch'; readonly when: number; readonly from: number; readonly to: number }
  | { readonly kind: 'cycle'; readonly items: readonly number[] }
  | { readonly kind: 'jump'; readonly to: number };

/** A bracket that has been opened (none: the whole prompt), and the `:` and `|` directly inside it, as places in the program. */
interface Group {
  readonly bracket: '(' | '[' | '';
  readonly open: number;
  readonly colons: number[];
  readonly bars: number[];
}

const unit = /[[\]():|]|(?:\\[^\n]|[^\\[\]():|])+/gu;
const stepNumber = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/**
 * Prompt editing: `[from:to:when]`, `[to:when]`, `[from::when]` and, changing every step, `[a|b|c]`, nested as one likes.
 * A prompt whose brackets make no sense is left as it is. Where the reference's grammar is ambiguous (`[a:b:3]]`) and its answer
 * varies between runs, editing wins.
 *
 * @returns stretches in order; the last ends at the last step
 * Source: A1111 modules/prompt_parser.py `get_learned_conditioning_prompt_schedules`
 */
export function promptSchedule(prompt: string, options: ScheduleOptions): ScheduledText[] {
  const { steps } = rangeOf(options);
  const program = compile(prompt, options);
  if (!program) return [{ endAt: steps, text: prompt }];
  return boundaries(program, steps).map((endAt) => ({ endAt, text: textAt(program, endAt) }));
}

/** Steps of the pass, and what is taken off whole and fractional step numbers. */
function rangeOf({ steps, hiresSteps, useOldScheduling = false }: ScheduleOptions) {
  if (hiresSteps === undefined || useOldScheduling) return { steps, wholeOffset: 0, fractionOffset: 0 };
  return { steps: hiresSteps, wholeOffset: steps, fractionOffset: 1 };
}

/** The step a number in the prompt means: with a decimal point a fraction of all steps (`1.0` is all, `1` is one). */
function stepOf(number: string, options: ScheduleOptions): number {
  const { steps, wholeOffset, fractionOffset } = rangeOf(options);
  const value = Number(number);
  const isFraction = options.useOldScheduling ? value < 1 : number.includes('.');
  return Math.min(steps, Math.trunc(isFraction ? (value - fractionOffset) * steps : value - wholeOffset));
}

/** Brackets become choices as soon as they close; until then, and if they never make sense, they are text. */
function compile(prompt: string, options: ScheduleOptions): Instruction[] | undefined {
  const units = prompt.match(unit) ?? [];
  if (units.join('').length < prompt.length) return undefined; // a backslash with nothing to escape
  const program: Instruction[] = [];
  const groups = [openGroup('', -1)];
  for (const text of units) {
    program.push(text);
    readUnit(program, groups, text, options);
  }
  leaveAll(groups);
  return groups[0]!.bars.length === 0 ? program : undefined; // outside a group, `|` has no meaning
}

/** Takes in the program's last instruction: opens, divides or closes a group. */
function readUnit(program: Instruction[], groups: Group[], text: string, options: ScheduleOptions): void {
  const at = program.length - 1;
  const group = groups.at(-1)!;
  switch (text) {
    case '(':
    case '[':
      groups.push(openGroup(text, at));
      break;
    case ':':
      group.colons.push(at);
      break;
    case '|':
      group.bars.push(at);
      break;
    case ')':
    case ']':
      if (closeGroup(program, group, at, options)) groups.pop();
      else leaveAll(groups);
  }
}

function openGroup(bracket: Group['bracket'], open: number): Group {
  return { bracket, open, colons: [], bars: [] };
}

/** Gives up every group but the outermost, which is left with one `|` of theirs, if there was any. */
function leaveAll(groups: Group[]): void {
  const stray = groups.splice(1).find(({ bars }) => bars.length > 0);
  if (stray) groups[0]!.bars.push(stray.open);
}

/** Turns the group that ends at `close` into a choice, or keeps it as text; false when it is neither. */
function closeGroup(program: Instruction[], group: Group, close: number, options: ScheduleOptions): boolean {
  const { bracket, colons, bars } = group;
  if (bracket !== (program[close] === ')' ? '(' : '[')) return false;
  if (bracket === '(') return bars.length === 0 && colons.length <= 1;
  if (colons.length === 0 && bars.length === 0) return true;
  if (colons.length === 0) return cycle(program, group, close);
  return bars.length === 0 && schedule(program, group, close, options);
}

function cycle(program: Instruction[], { open, bars }: Group, close: number): boolean {
  program[open] = { kind: 'cycle', items: [open, ...bars].map((at) => at + 1) };
  for (const at of [...bars, close]) program[at] = { kind: 'jump', to: close + 1 };
  return true;
}

function schedule(program: Instruction[], { open, colons }: Group, close: number, options: ScheduleOptions): boolean {
  const last = colons.at(-1)!;
  const number = program[last + 1]!;
  if (colons.length > 2 || close !== last + 2 || typeof number !== 'string' || !stepNumber.test(number)) return false;
  const [from, to] = colons.length === 2 ? [open + 1, colons[0]! + 1] : [close + 1, open + 1];
  program[open] = { kind: 'switch', when: stepOf(number, options), from, to };
  for (const at of colons) program[at] = { kind: 'jump', to: close + 1 };
  return true;
}

/** Every step after which the text may change, in order, and the last one. */
function boundaries(program: readonly Instruction[], steps: number): number[] {
  const choices = program.filter((instruction) => typeof instruction !== 'string');
  if (choices.some(({ kind }) => kind === 'cycle')) return Array.from({ length: steps }, (_, i) => i + 1);
  const changes = choices.flatMap((choice) => (choice.kind === 'switch' && choice.when >= 1 ? [choice.when] : []));
  return [...new Set([...changes, steps])].sort((a, b) => a - b);
}

function textAt(program: readonly Instruction[], step: number): string {
  const texts: string[] = [];
  for (let at = 0; at < program.length; ) {
    const instruction = program[at]!;
    if (typeof instruction === 'string') {
      texts.push(instruction);
      at++;
    } else at = nextPlace(instruction, step);
  }
  return texts.join('');
}

function nextPlace(choice: Exclude<Instruction, string>, step: number): number {
  switch (choice.kind) {
    case 'switch':
      return step <= choice.when ? choice.from : choice.to;
    case 'cycle':
      return choice.items[(step - 1) % choice.items.length]!;
    case 'jump':
      return choice.to;
  }
}

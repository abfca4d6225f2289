/** What a pickle refers to by name, and whether it may. Every hook may throw to refuse. */
export interface PickleWorld {
  /** What `module.name` stands for; `apply` is then given it. */
  global(module: string, name: string): unknown;
  /** The result of calling what `global` returned. */
  apply(callee: unknown, args: readonly unknown[]): unknown;
  /** Fills in an object with its state. */
  build(target: unknown, state: unknown): void;
  /** What lies outside the pickle. */
  persistent(id: unknown): unknown;
}

/** Thrown for whatever a pickle must not be. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** Values made on the way, whatever becomes of them, and places in the memo; the largest checkpoints need some 200,000. */
const maxValues = 1_000_000;
/** A dictionary or a set takes the memory of so many other values. */
const dictionaryCost = 8;

interface Machine {
  readonly bytes: Buffer;
  readonly world: PickleWorld;
  readonly memo: Map<number, unknown>;
  /** Stacks set aside by MARK. */
  readonly outer: unknown[][];
  stack: unknown[];
  at: number;
  made: number;
}

/**
 * Reads one pickle: protocols 2 to 5 as far as weights files use them. Nothing is ever looked up or called but through `world`.
 * Dictionaries become Maps, tuples and lists arrays, sets Sets, integers beyond 2⁵³ bigints.
 *
 * @returns the value, and where the byte after the pickle is
 * @throws PickleError for an opcode we do not know, an end too early, or a stack that does not fit
 * Source: CPython `pickletools.py`
 */
export function unpickle(bytes: Buffer, start: number, world: PickleWorld): { value: unknown; end: number } {
  const m: Machine = { bytes, world, memo: new Map(), outer: [], stack: [], at: start, made: 0 };
  for (;;) {
    const opcode = take(m, 1)[0]!;
    if (opcode === 0x2e) return { value: pop(m), end: m.at }; // STOP
    const run = opcodes[opcode];
    if (!run) throw new PickleError(`opcode 0x${opcode.toString(16)} is not allowed`);
    run(m);
    if (m.made > maxValues || m.memo.size > maxValues) throw new PickleError(`holds more than ${maxValues} values`);
  }
}

const opcodes: Readonly<Record<number, (m: Machine) => void>> = {
  128: (m) => void take(m, 1), // PROTO
  149: (m) => void take(m, 8), // FRAME
  // stack
  40: (m) => {
    m.outer.push(m.stack); // MARK
    m.stack = [];
    m.made++;
  },
  48: (m) => void pop(m), // POP
  49: (m) => void toMark(m), // POP_MARK
  50: (m) => push(m, top(m)), // DUP
  // constants
  78: (m) => push(m, null), // NONE
  136: (m) => push(m, true), // NEWTRUE
  137: (m) => push(m, false), // NEWFALSE
  74: (m) => push(m, take(m, 4).readInt32LE()), // BININT
  75: (m) => push(m, byte(m)), // BININT1
  77: (m) => push(m, take(m, 2).readUInt16LE()), // BININT2
  138: (m) => push(m, long(take(m, byte(m)))), // LONG1
  139: (m) => push(m, long(take(m, count32(m)))), // LONG4
  71: (m) => push(m, take(m, 8).readDoubleBE()), // BINFLOAT
  // strings and bytes
  88: (m) => push(m, take(m, count32(m)).toString('utf8')), // BINUNICODE
  140: (m) => push(m, take(m, byte(m)).toString('utf8')), // SHORT_BINUNICODE
  141: (m) => push(m, take(m, count64(m)).toString('utf8')), // BINUNICODE8
  84: (m) => push(m, take(m, count32(m)).toString('latin1')), // BINSTRING
  85: (m) => push(m, take(m, byte(m)).toString('latin1')), // SHORT_BINSTRING
  66: (m) => push(m, take(m, count32(m))), // BINBYTES
  67: (m) => push(m, take(m, byte(m))), // SHORT_BINBYTES
  142: (m) => push(m, take(m, count64(m))), // BINBYTES8
  // collections
  93: (m) => push(m, []), // EMPTY_LIST
  97: (m) => append(m, [pop(m)]), // APPEND
  101: (m) => append(m, toMark(m)), // APPENDS
  108: (m) => push(m, toMark(m)), // LIST
  41: (m) => push(m, []), // EMPTY_TUPLE
  116: (m) => push(m, toMark(m)), // TUPLE
  133: (m) => push(m, popMany(m, 1)), // TUPLE1
  134: (m) => push(m, popMany(m, 2)), // TUPLE2
  135: (m) => push(m, popMany(m, 3)), // TUPLE3
  125: (m) => push(m, new Map()), // EMPTY_DICT
  100: (m) => {
    const items = toMark(m); // DICT
    push(m, new Map());
    setItems(m, items);
  },
  115: (m) => setItems(m, popMany(m, 2)), // SETITEM
  117: (m) => setItems(m, toMark(m)), // SETITEMS
  143: (m) => push(m, new Set()), // EMPTY_SET
  144: (m) => {
    const items = toMark(m); // ADDITEMS
    const set = top(m);
    if (!(set instanceof Set)) throw new PickleError('adds items to what is no set');
    for (const item of items) set.add(item);
  },
  145: (m) => push(m, new Set(toMark(m))), // FROZENSET
  // memo
  104: (m) => push(m, recall(m, byte(m))), // BINGET
  106: (m) => push(m, recall(m, count32(m))), // LONG_BINGET
  113: (m) => void m.memo.set(byte(m), top(m)), // BINPUT
  114: (m) => void m.memo.set(count32(m), top(m)), // LONG_BINPUT
  148: (m) => void m.memo.set(m.memo.size, top(m)), // MEMOIZE
  // objects
  99: (m) => push(m, m.world.global(line(m), line(m))), // GLOBAL
  147: (m) => {
    const [module, name] = popMany(m, 2); // STACK_GLOBAL
    if (typeof module !== 'string' || typeof name !== 'string') throw new PickleError('names a global with no string');
    push(m, m.world.global(module, name));
  },
  82: call, // REDUCE
  129: call, // NEWOBJ
  98: (m) => {
    const state = pop(m); // BUILD
    m.world.build(top(m), state);
  },
  81: (m) => push(m, m.world.persistent(pop(m))), // BINPERSID
};

function take(m: Machine, length: number): Buffer {
  if (m.at + length > m.bytes.length) throw new PickleError('ends too early');
  m.at += length;
  return m.bytes.subarray(m.at - length, m.at);
}

function byte(m: Machine): number {
  return take(m, 1)[0]!;
}

function count32(m: Machine): number {
  return take(m, 4).readUInt32LE();
}

function count64(m: Machine): number {
  return Number(take(m, 8).readBigUInt64LE()); // beyond 2⁵³ it is past every end, exact or not
}

function line(m: Machine): string {
  const end = m.bytes.indexOf(0x0a, m.at);
  if (end < 0) throw new PickleError('ends too early');
  const text = take(m, end - m.at).toString('utf8');
  m.at++; // the line feed
  return text;
}

/** Two's complement, little endian; torch's magic number is the longest anybody writes. */
function long(bytes: Buffer): number | bigint {
  if (bytes.length > 32) throw new PickleError(`holds an integer of ${bytes.length} bytes`);
  let value = 0n;
  for (const [i, b] of bytes.entries()) value |= BigInt(b) << BigInt(8 * i);
  const signed = BigInt.asIntN(8 * bytes.length, value);
  return BigInt(Number(signed)) === signed && Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

function push(m: Machine, value: unknown): void {
  m.stack.push(value);
  m.made += value instanceof Map || value instanceof Set ? dictionaryCost : 1;
}

function pop(m: Machine): unknown {
  if (m.stack.length === 0) throw new PickleError('takes from an empty stack');
  return m.stack.pop();
}

function popMany(m: Machine, count: number): unknown[] {
  if (m.stack.length < count) throw new PickleError('takes from an empty stack');
  return m.stack.splice(m.stack.length - count);
}

function top(m: Machine): unknown {
  if (m.stack.length === 0) throw new PickleError('looks at an empty stack');
  return m.stack.at(-1);
}

/** Everything since the last mark. */
function toMark(m: Machine): unknown[] {
  const items = m.stack;
  const before = m.outer.pop();
  if (!before) throw new PickleError('goes back to a mark that was not made');
  m.stack = before;
  return items;
}

function recall(m: Machine, key: number): unknown {
  if (!m.memo.has(key)) throw new PickleError('recalls what was not memorised');
  return m.memo.get(key);
}

function append(m: Machine, items: readonly unknown[]): void {
  const list = top(m);
  if (!Array.isArray(list)) throw new PickleError('appends to what is no list');
  for (const item of items) list.push(item);
}

function setItems(m: Machine, items: readonly unknown[]): void {
  const map = top(m);
  if (!(map instanceof Map) || items.length % 2 !== 0) throw new PickleError('sets items of what is no dictionary');
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function call(m: Machine): void {
  const [callee, args] = popMany(m, 2);
  if (!Array.isArray(args)) throw new PickleError('calls with no tuple of arguments');
  for (const arg of args) if (Array.isArray(arg)) m.made += arg.length; // which may be copied
  push(m, m.world.apply(callee, args));
}

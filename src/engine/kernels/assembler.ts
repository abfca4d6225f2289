/** Instructions that leave one value, or none: WebAssembly's binary code, nested as it was composed. */
export type Code = readonly (number | Code)[];

export type ValueType = 'i32' | 'f64' | 'v128';

const typeCode: Readonly<Record<ValueType, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };
const [NOTHING, FUNCTION, PREFIX] = [0x40, 0x60, 0xfd];

/** A whole number in LEB128, seven bits to a byte. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const isLast = value >= -64 && value < 64;
  return isLast ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}

type Unary = (a: Code) => Code;
type Binary = (a: Code, b: Code) => Code;
/** @param offset  bytes beyond the address */
type Load = (address: Code, offset?: number) => Code;
type Store = (address: Code, value: Code, offset?: number) => Code;

const plain =
  (opcode: number): Binary =>
  (a, b) => [a, b, opcode];
const vector = (opcode: number): Code => [PREFIX, unsigned(opcode)];
const unary =
  (opcode: number): Unary =>
  (a) => [a, vector(opcode)];
const binary =
  (opcode: number): Binary =>
  (a, b) => [a, b, vector(opcode)];
const load =
  (opcode: number): Load =>
  (address, offset = 0) => [address, vector(opcode), 0, unsigned(offset)];
const store =
  (opcode: number): Store =>
  (address, value, offset = 0) => [address, value, vector(opcode), 0, unsigned(offset)];
const storeLane =
  (opcode: number): Store =>
  (address, value, offset = 0) => [store(opcode)(address, value, offset), 0];

export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  load: ((address, offset = 0) => [address, 0x28, 0, unsigned(offset)]) as Load,
};

/** The instructions on vectors that kernels use, by WebAssembly's names. */
export const v128 = {
  load: load(0x00),
  load32Zero: load(0x5c),
  load64Zero: load(0x5d),
  store: store(0x0b),
  /** The first byte, four bytes, eight bytes. */
  store8: storeLane(0x58),
  store32: storeLane(0x5a),
  store64: storeLane(0x5b),
  and: binary(0x4e),
  or: binary(0x50),
  xor: binary(0x51),
  /** Bits of a where the mask has ones, of b elsewhere. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, vector(0x52)],
  const: (words: readonly [number, number, number, number]): Code => [
    vector(0x0c),
    [...new Uint8Array(Int32Array.from(words).buffer)],
  ],
};
export const i8x16 = {
  /** @param lanes  sixteen of 0 … 31: bytes of a, then of b */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [a, b, vector(0x0d), lanes],
  narrowI16x8U: binary(0x66),
};
export const i16x8 = { extendLowI8x16U: unary(0x89), extendHighI8x16U: unary(0x8a), narrowI32x4S: binary(0x85) };
export const i32x4 = {
  splat: unary(0x11),
  extendLowI16x8U: unary(0xa9),
  extendHighI16x8U: unary(0xaa),
  eq: binary(0x37),
  /** Towards zero; NaN to 0. */
  truncSatF32x4S: unary(0xf8),
  shl: binary(0xab),
  shrS: binary(0xac),
  add: binary(0xae),
  mul: binary(0xb5),
};
export const i64x2 = { extmulLowI32x4U: binary(0xde), extmulHighI32x4U: binary(0xdf) };
export const f64x2 = { splat: unary(0x14), add: binary(0xf0), mul: binary(0xf2), promoteLowF32x4: unary(0x5f) };
export const f32x4 = {
  demoteF64x2Zero: unary(0x5e),
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  div: binary(0xe7),
  convertI32x4U: unary(0xfb),
};

/** A parameter or local of a function. */
export interface Variable {
  readonly get: Code;
  set(value: Code): Code;
}

/** `body` for variable = as it is, + step … while below `end`. */
export function repeat(variable: Variable, { step, end }: { step: Code; end: Code }, body: Code): Code {
  const isOver: Code = [variable.get, end, 0x4f];
  const onwards = variable.set(i32.add(variable.get, step));
  return [0x02, NOTHING, 0x03, NOTHING, isOver, 0x0d, 1, body, onwards, 0x0c, 0, 0x0b, 0x0b];
}

type Types = Readonly<Record<string, ValueType>>;

/** A function without result: its parameters and further variables by name, in order. */
export interface Definition {
  readonly params: Types;
  readonly locals: Types;
  readonly body: Code;
}

/** @param compose  makes the body of the variables by name */
export function define<P extends Types, L extends Types>(
  params: P,
  locals: L,
  compose: (variables: Readonly<Record<keyof P | keyof L, Variable>>) => Code,
): Definition {
  const names = [...Object.keys(params), ...Object.keys(locals)];
  const variables = names.map((name, i): [string, Variable] => [
    name,
    { get: [0x20, unsigned(i)], set: (value) => [value, 0x21, unsigned(i)] },
  ]);
  return {
    params,
    locals,
    body: compose(Object.fromEntries(variables) as Readonly<Record<keyof P | keyof L, Variable>>),
  };
}

function flat(code: Code): number[] {
  return code.flatMap((part) => (typeof part === 'number' ? part : flat(part)));
}

const withLength = (content: Code): Code => {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
};
const list = (entries: readonly Code[]): Code => [unsigned(entries.length), entries];
const section = (id: number, content: Code): Code => [id, withLength(content)];
const text = (words: string): Code => withLength([...Buffer.from(words)]);

/** A module that imports the memory `env.memory` and exports functions by name. Source: WebAssembly Core Specification 2.0, chapter 5 */
export function assemble(functions: Readonly<Record<string, Definition>>): Uint8Array {
  const all = Object.values(functions);
  const types = all.map(
    ({ params }): Code => [FUNCTION, list(Object.values(params).map((type) => [typeCode[type]])), 0],
  );
  const bodies = all.map(({ locals, body }) =>
    withLength([list(Object.values(locals).map((type) => [1, typeCode[type]])), body, 0x0b]),
  );
  const memory: Code = [text('env'), text('memory'), 0x02, 0x00, 0];
  const module: Code = [
    [...Buffer.from('\0asm'), 1, 0, 0, 0],
    section(1, list(types)),
    section(2, list([memory])),
    section(3, list(all.map((_, i) => unsigned(i)))),
    section(7, list(Object.keys(functions).map((name, i): Code => [text(name), 0, unsigned(i)]))),
    section(10, list(bodies)),
  ];
  return Uint8Array.from(flat(module));
}

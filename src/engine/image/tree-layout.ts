/** A picture of a tree, as far as its place on the sheet is concerned. */
export interface Leaf {
  /** Index of the picture it was made from; null where that is not on the sheet. */
  readonly parent: number | null;
}

/** Where a picture stands, in columns and rows; `from` is the picture a line leads from, null where it comes from outside. */
export interface Spot {
  readonly column: number;
  readonly row: number;
  readonly from: number | null;
}

/** Columns of a sheet; what is deeper goes on below, at the left again. */
const COLUMNS = 6;

interface Layout {
  readonly children: ReadonlyMap<number, readonly number[]>;
  readonly depths: readonly number[];
  readonly spots: Spot[];
  /** The first row nothing stands in. */
  free: number;
}

/** The depth of each picture among those on the sheet. Parents come before their children. */
function depthsOf(leaves: readonly Leaf[]): readonly number[] {
  const depths: number[] = [];
  for (const { parent } of leaves) depths.push(parent === null ? 0 : depths[parent]! + 1);
  return depths;
}

/** Puts a picture into a row, what comes first from it beside it, and everything else below. */
function place(layout: Layout, at: number, row: number, from: number | null): void {
  const { children, depths, spots } = layout;
  const band = Math.floor(depths[at]! / COLUMNS);
  spots[at] = { column: depths[at]! % COLUMNS, row, from };
  layout.free = Math.max(layout.free, row + 1);
  const beside = (children.get(at) ?? []).filter((child) => Math.floor(depths[child]! / COLUMNS) === band);
  for (const [i, child] of beside.entries()) place(layout, child, i === 0 ? row : layout.free, at);
}

/** Pictures nothing on the sheet hangs together with fill a row between them. */
function placeAlone(layout: Layout, alone: readonly number[]): void {
  const { spots } = layout;
  for (const [i, at] of alone.entries()) {
    const row = layout.free + Math.floor(i / COLUMNS);
    spots[at] = { column: i % COLUMNS, row, from: null };
  }
  layout.free += Math.ceil(alone.length / COLUMNS);
}

/** A tree laid out from left to right, in bands of so many columns one below the other; no two lines cross. */
export function laidOut(leaves: readonly Leaf[]): readonly Spot[] {
  const depths = depthsOf(leaves);
  const children = new Map<number, number[]>();
  for (const [at, { parent }] of leaves.entries())
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), at]);
  const layout: Layout = { children, depths, spots: [], free: 0 };
  const bands = Math.floor(Math.max(0, ...depths) / COLUMNS) + 1;
  for (let band = 0; band < bands; band++) {
    const first = leaves.map((_, at) => at).filter((at) => depths[at] === band * COLUMNS);
    const isAlone = (at: number) => leaves[at]!.parent === null && !children.has(at);
    for (const at of first) if (!isAlone(at)) place(layout, at, layout.free, null);
    placeAlone(layout, first.filter(isAlone));
  }
  return layout.spots;
}

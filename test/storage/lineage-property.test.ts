import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LineageId, LineageNode, NodeId } from '../../src/edit/lineage.ts';
import type { UserId } from '../../src/edit/request.ts';
import { Refusal } from '../../src/errors.ts';
import type { Storage } from '../../src/storage/index.ts';
import { jobOn, messageAbout, pictureOf, plantTree, someImage } from './fixtures.ts';
import { openStand } from './stand.ts';

let stand: Awaited<ReturnType<typeof openStand>>;
let storage: Storage;
beforeAll(async () => {
  stand = await openStand();
  storage = stand.storage;
});
afterAll(() => stand[Symbol.asyncDispose]());

const people: readonly UserId[] = ['discord:1', 'telegram:2', 'web:3'];

/** Something one of several people does to a tree; numbers choose among what is there. */
const steps = fc.array(
  fc.record({
    does: fc.constantFrom('edit', 'again', 'undo', 'redo', 'branch', 'delete', 'move'),
    who: fc.nat(people.length - 1),
    at: fc.nat(1000),
  }),
  { minLength: 1, maxLength: 25 },
);

/** What a tree must hold: pictures by id, and which of them were deleted. */
interface Model {
  readonly lineage: LineageId;
  readonly bytes: Map<NodeId, Uint8Array>;
  readonly deleted: Set<NodeId>;
}

const livingIn = ({ bytes, deleted }: Model) => [...bytes.keys()].filter((id) => !deleted.has(id));

async function painted(model: Model, from: LineageNode, op: 'edit' | 'again', author: UserId): Promise<void> {
  const parent = op === 'again' ? ((from.parent && (await storage.lineage.node(from.parent))) ?? from) : from;
  const lineage = (await storage.lineage.lineage(model.lineage))!;
  const branch = Object.keys(lineage.heads).find((name) => lineage.heads[name] === from.id) ?? 'main';
  const expected = lineage.heads[branch] === from.id ? from.id : null;
  const job = jobOn(parent, lineage.place, { op, author, branch, expected });
  await storage.jobs.accept(job);
  const bytes = new TextEncoder().encode(`${job.id} painted`);
  const image = someImage(await storage.blobs.put(bytes));
  const node = pictureOf(job, 0, { image });
  await storage.jobs.complete(job.id, [node], messageAbout(job, node.id));
  model.bytes.set(node.id, bytes);
}

/** Moves the HEAD a person sees, as the buttons do; that somebody was quicker is no failure. */
async function moved(model: Model, name: string, to: NodeId): Promise<void> {
  const { heads } = (await storage.lineage.lineage(model.lineage))!;
  await storage.lineage.moveHead(model.lineage, name, heads[name]!, to).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
  });
}

async function take(model: Model, { does, who, at }: { does: string; who: number; at: number }): Promise<void> {
  const tree = storage.lineage;
  const living = livingIn(model);
  const lineage = await tree.lineage(model.lineage);
  if (!lineage || living.length === 0) return;
  const person = people[who]!;
  const node = (await tree.node(living[at % living.length]!))!;
  const names = Object.keys(lineage.heads);
  const name = names[at % names.length]!;
  const head = (await tree.node(lineage.heads[name]!))!;
  if (does === 'edit' || does === 'again') await painted(model, node, does, person);
  else if (does === 'branch') await tree.addBranch(model.lineage, `b${at}`, node.id, person);
  else if (does === 'move') await moved(model, name, node.id);
  else if (does === 'delete') {
    model.deleted.add(node.id);
    await tree.remove(node);
  } else if (does === 'undo') {
    const above = await tree.above(head);
    if (!above) return;
    await moved(model, name, above.id);
    await tree.pushUndone(model.lineage, person, head.id);
  } else {
    const left = await tree.undone(model.lineage, person, head.id);
    if (!left) return;
    await moved(model, name, left);
    await tree.dropUndone(model.lineage, person, [left]);
  }
}

/** Every picture that nobody deleted is there with its bytes; every HEAD is one of them. */
async function checkTree(model: Model): Promise<void> {
  const living = livingIn(model);
  const outline = await storage.lineage.outline(model.lineage);
  expect(
    outline
      .filter(({ removed }) => !removed)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(living.toSorted());
  for (const id of living) {
    const node = (await storage.lineage.node(id))!;
    expect(Buffer.from(await storage.blobs.get(node.image.ref))).toEqual(Buffer.from(model.bytes.get(id)!));
  }
  const lineage = await storage.lineage.lineage(model.lineage);
  if (living.length === 0) expect(lineage).toBeUndefined();
  else {
    expect(lineage!.heads.main).toBeDefined();
    for (const head of Object.values(lineage!.heads)) expect(living).toContain(head);
  }
}

test('whatever several people do to a tree, no picture is lost but those they delete, and every HEAD is one that is there', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const bytes = new TextEncoder().encode(`upload ${Math.random()}`);
      const root = await plantTree(storage.lineage, { image: someImage(await storage.blobs.put(bytes)) });
      const model: Model = { lineage: root.lineage, bytes: new Map([[root.id, bytes]]), deleted: new Set() };
      for (const step of taken) await take(model, step);
      await checkTree(model);
    }),
    { numRuns: 25 },
  );
}, 120_000);

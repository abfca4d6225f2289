/** Fills the database in the folder given as argument until it takes no more; prints what came of it. */
import { randomBytes } from 'node:crypto';
import { type LineageId, type NodeId, newId } from '../../src/edit/lineage.ts';
import type { UserId } from '../../src/edit/request.ts';
import { Refusal } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { openStorage } from '../../src/storage/index.ts';
import { plantTree, somePlace } from './fixtures.ts';

await using storage = await openStorage({ dataDir: process.argv[2]!, log: silentLog });
const place = somePlace();
const { image, author } = await plantTree(storage.lineage, { place });
const ids = { id: newId<NodeId>(randomBytes), lineage: newId<LineageId>(randomBytes) };
const refusalIn = (work: Promise<unknown>) =>
  work.then(
    () => 'written',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );
const save = (n: number) =>
  refusalIn(
    storage.people.savePerson({ id: `web:${n}` as UserId, name: 'Ann'.repeat(1000), language: null, handle: null }),
  );

let people = 0;
while ((await save(people)) === 'written') people++;
const statement = await save(people);
const transaction = await refusalIn(
  storage.lineage.plant({ ...ids, image, author, place, infotext: 'x'.repeat(20_000) }),
);
const first = await storage.people.person('web:0');
process.stdout.write(JSON.stringify({ statement, transaction, kept: first?.name.length }));

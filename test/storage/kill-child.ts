/**
 * Completes one job after another in the tree planted first, until it is killed. Arguments: folder, database URL or '', number of
 * the first job. Prints the tree's id, then a line per job that is done.
 */
import type { JobId, NodeId } from '../../src/edit/lineage.ts';
import { silentLog } from '../../src/log.ts';
import { openStorage } from '../../src/storage/index.ts';
import { jobOn, messageAbout, pictureOf, plantTree, somePlace } from './fixtures.ts';

const [dataDir, databaseUrl, from] = process.argv.slice(2);
const storage = await openStorage({ dataDir: dataDir!, databaseUrl: databaseUrl || undefined, log: silentLog });
const place = somePlace();
const root = await plantTree(storage.lineage, { place });
process.stdout.write(`${root.lineage}\n`);
let parent: NodeId = root.id;
for (let number = Number(from); ; number++) {
  const job = jobOn(root, place, { id: String(number).padStart(10, '0') as JobId, parent });
  await storage.jobs.accept(job);
  const pictures = [0, 1, 2].map((pick) => pictureOf(job, pick));
  await storage.jobs.complete(job.id, pictures, messageAbout(job, pictures[0]!.id));
  parent = pictures[0]!.id;
  process.stdout.write(`${number}\n`);
}

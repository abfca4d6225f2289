import { describe, expect, test } from 'vitest';
import { executeIn } from '../storage/stand.ts';
import { messengers, openAnyChat } from './any-room.ts';

/** Edits one after another, each on what the one before made. */
const count = 10_000;

const id = (number: number) => String(number).padStart(10, '0');
/** SQL that goes on from #1 of a tree until it has pictures up to `last`, each made from the one before. */
const growTo = (lineage: string, last: number) => `
  INSERT INTO "Node" ("id", "lineageId", "number", "parentId", "op", "task", "imageRef", "seed", "infotext", "pick", "author",
    "maskAuthor", "jobId", "place", "createdAt")
  WITH RECURSIVE series(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series WHERE n < ${last})
  SELECT printf('%010d', n), "lineageId", n, CASE n WHEN 2 THEN "id" ELSE printf('%010d', n - 1) END, "op", "task", "imageRef",
    "seed", "infotext", "pick", "author", "maskAuthor", NULL, "place", "createdAt"
  FROM "Node", series WHERE "lineageId" = '${lineage}' AND "number" = 1`;

describe.each(messengers)('a history of ten thousand edits on %s', (platform) => {
  const last = count + 1;
  const pages = Math.ceil((last + 1) / 20);
  test('is shown, compared and stepped through, also where all hang on one picture', async () => {
    await using chat = await openAnyChat(platform);
    const { bo, answer, edited, heads, newest, numbered } = await chat.enter();
    const first = await edited(bo);
    const { lineage } = await newest();
    await executeIn(chat.dataDir, growTo(lineage, last));
    await executeIn(chat.dataDir, `UPDATE "Lineage" SET "size" = ${last + 1} WHERE "id" = '${lineage}'`);
    await executeIn(chat.dataDir, `UPDATE "Branch" SET "nodeId" = '${id(last)}' WHERE "lineageId" = '${lineage}'`);
    const page = await answer(
      () => bo.forge(first, ['hs', id(last), '']),
      new RegExp(`History · ${last + 1} pictures · page ${pages} of ${pages}`),
    );
    expect(page.text).toContain('⋯');
    expect(page.text).toContain(`#${last} `);
    const before = await answer(() => bo.press(page, '◀️'), new RegExp(`page ${pages - 1} of ${pages}`));
    await answer(
      () => bo.press(before, '🖼️'),
      ({ pictures }) => pictures.length > 0,
    );
    await answer(() => bo.forge(first, ['sh', id(last), '']), new RegExp(`^#${last} · `));
    await answer(() => bo.forge(first, ['cp', id(last), '']), new RegExp(`^#${last - 1} and #${last}`));
    await answer(() => bo.command('compare', { a: '#1', b: `#${last}` }), new RegExp(`^#1 and #${last}`));
    const back = await answer(
      () => bo.forge(first, ['un', id(last), '']),
      new RegExp(`#${last - 1} is the current picture`),
    );
    await answer(() => bo.press(back, '↪️'), new RegExp(`#${last} is the current picture`));
    expect(await heads()).toEqual({ main: last });
    await answer(() => bo.forge(first, ['ag', id(last), '']), new RegExp(`^#${last + 1} · `));
    expect((await newest()).parent).toBe(id(last - 1));
    const root = (await numbered(0)).id;
    await executeIn(
      chat.dataDir,
      `UPDATE "Node" SET "parentId" = '${root}' WHERE "lineageId" = '${lineage}' AND "number" > 1`,
    );
    await executeIn(chat.dataDir, `UPDATE "Branch" SET "nodeId" = '${root}' WHERE "lineageId" = '${lineage}'`);
    await answer(() => bo.forge(first, ['sh', root, '']), /^#0 · /);
    const which = await answer(() => bo.forge(first, ['rd', root, '']), /Several pictures come next/);
    await answer(
      () => bo.press(which, which.buttons.find((label) => label.includes(`#${last} `))!),
      new RegExp(`#${last} is the current picture`),
    );
  });
});

import { describe, expect, test, vi } from 'vitest';
import { jobOn, messageAbout, pictureOf } from '../storage/fixtures.ts';
import { openAnyChat, platforms } from './any-room.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Edits one after another, each on what the one before made; fewer where lists are short anyway, for writing them takes a while. */
const edits = { discord: 2000, telegram: 10_000 } as const;

describe.each(platforms)('a history of thousands of edits on %s', (platform) => {
  const count = edits[platform];
  const pages = Math.ceil((count + 2) / 20);
  test('is shown, compared and stepped through', async () => {
    await using chat = await openAnyChat(platform);
    const { bo, answer, edited, newest } = chat.enter();
    const first = await edited(bo);
    const node = await newest();
    const { place } = (await chat.storage.lineage.lineage(node.lineage))!;
    const root = { ...node, parent: null };
    const job = jobOn(root, place, { author: node.author, task: node.task!, replyTo: null });
    await chat.storage.jobs.accept(job);
    const chain = Array.from({ length: count }, () => pictureOf(job, 0, { image: node.image }));
    const linked = chain.map((one, i) => ({ ...one, parent: i === 0 ? node.id : chain[i - 1]!.id }));
    const said = { kind: 'said', language: 'en', title: 'There.', buttons: [] };
    await chat.storage.jobs.complete(job.id, linked, { ...messageAbout(job, null), card: said });
    const [deepest, above] = [linked.at(-1)!, linked.at(-2)!];
    const page = await answer(
      () => bo.forge(first, ['hs', deepest.id, '']),
      new RegExp(`History · ${count + 2} pictures · page ${pages} of ${pages}`),
    );
    expect(page.text).toContain('⋯');
    expect(page.text).toContain(`#${count + 1} `);
    await answer(() => bo.press(page, '◀️'), new RegExp(`page ${pages - 1} of ${pages}`));
    await answer(() => bo.forge(first, ['sh', deepest.id, '']), new RegExp(`^#${count + 1} · `));
    await answer(() => bo.forge(first, ['cp', deepest.id, '']), new RegExp(`^#${count} and #${count + 1}`));
    await answer(() => bo.forge(first, ['ag', deepest.id, '']), new RegExp(`^#${count + 2} · `));
    expect((await newest()).parent).toBe(above.id);
  });
});

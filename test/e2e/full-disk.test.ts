import sharp from 'sharp';
import { expect, test } from 'vitest';
import { solidPng } from '../support/jobs.ts';
import { ending, openStage } from './stage.ts';

const quick = '--steps 2 --size 64x64';

test('a disk that is full is named as the reason; what is small goes on, and nothing that was there is lost', async () => {
  await using small = await openStage();
  const black = await solidPng(64, 64, '#000000');
  const roomy = await small.start('all');
  const ann = small.somebody('Ann');
  const first = await ending(small, await ann.photo(black, { caption: `a red hat ${quick}` }));
  await roomy.kill();
  const full = await small.start('all', { ulimit: '-f 10240' }); // 5 MiB: room for the database, not for such a picture
  const noise = sharp({
    create: {
      ...{ width: 1500, height: 1500, channels: 3, background: '#777' },
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  });
  const asked = await ann.document(await noise.png().toBuffer(), { caption: `a red hat ${quick}` });
  const told = await ending(small, asked);
  expect(told.text).toMatch(/My disk is full[\s\S]*Tell whoever runs this bot/);
  const bo = await small.somebody('Bo').photo(black, { caption: `a red hat ${quick}` });
  expect((await ending(small, bo)).picture).not.toBeNull();
  await full.kill();
  const brimful = await small.start('all', { ulimit: '-f 64' }); // 32 KiB: not even room for an edit's rows
  const cy = small.somebody('Cy');
  const unheard = await cy.photo(black, { caption: `a red hat ${quick}` });
  expect((await ending(small, unheard)).text).toMatch(/My disk is full[\s\S]*Tell whoever runs this bot/);
  await brimful.kill();
  await small.start('all');
  expect((await ending(small, await cy.photo(black, { caption: `a red hat ${quick}` }))).picture).not.toBeNull();
  ann.press('Again', first);
  expect((await ending(small, first)).text).toMatch(/^#2 · another try/);
}, 90_000);

import { expect, test } from 'vitest';
import { solidPng } from '../../support/jobs.ts';
import { openTestChat } from '../../support/test-chat.ts';
import { ann, buttonsOf, wordsOf } from '../../support/test-platform.ts';

test('a picture and words become a result, posted as a message of its own in reply to the request', async () => {
  await using chat = await openTestChat();
  const { platform } = chat;
  const request = await platform.say(ann, 'oil painting, warm light', { files: [await solidPng(96, 64)] });
  const result = await chat.until(() => platform.results()[0]);
  expect(wordsOf(result.card)).toMatch(
    /^#1 · img2img · @Ann\n"oil painting, warm light"\nstrength 0\.50 · 20 steps \(5 run\) · cfg 7\nEuler a · seed \d+ · fake · 96×64 · 1 s\nfrom #0$/,
  );
  expect(result.options.replyTo).toBe(request);
  expect(result.card.images).toHaveLength(1);
  expect(buttonsOf(result.card).map((b) => b.label)).toEqual([
    'Again',
    'Less',
    'More',
    'Edit…',
    'Undo',
    'Settings',
    'Original',
  ]);
  await chat.until(() => platform.standing().length === 1); // the progress card is gone
});

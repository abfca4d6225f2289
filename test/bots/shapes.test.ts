import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { solidPng } from '../support/jobs.ts';
import { picture } from '../support/room/room.ts';
import { type AnyChat, openAnyChat, platforms } from './any-room.ts';

describe.each(platforms)('growing a picture on %s', (platform) => {
  let chat: AnyChat;
  let square: Buffer;
  beforeAll(async () => {
    chat = await openAnyChat(platform);
    square = await solidPng(512, 512, '#123456');
  });
  afterAll(() => chat[Symbol.asyncDispose]());

  test('to a shape: by the command, and by a word in a reply', async () => {
    const { ann, bo, answer, newest } = await chat.enter();
    const wide = { prompt: 'a meadow', 'to-ratio': '16:9' };
    const first = await answer(() => ann.command('outpaint', wide, { picture: square }), picture(1));
    const { op, task, image } = await newest();
    expect(op).toBe('outpaint');
    expect(task?.request.params).toMatchObject({
      ...{ script: 'outpainting mk2', direction: 'left right', pixels: 200, outpaintPasses: 1 },
    });
    expect(image).toMatchObject({ width: 960, height: 512 }); // 912 in steps of 64
    await answer(() => bo.reply(first, 'outpaint 1:1'), picture(2));
    expect((await newest()).task?.request.params).toMatchObject({ direction: 'up down', pixels: 224 });
  });

  test('to a shape on one side, and in another way', async () => {
    const { ann, answer, newest } = await chat.enter();
    const left = { prompt: 'a meadow', 'to-ratio': '4:3', direction: 'left', method: 'mosaic', 'mask-blur': 6 };
    await answer(() => ann.command('outpaint', left, { picture: square }), picture(1));
    expect((await newest()).task?.request.params).toMatchObject({
      ...{ script: 'mosaic outpaint', mosaicDirection: 'left', mosaicExpandX: 176 / 512 },
      ...{ mk2MaskBlur: 6, poorMaskBlur: 6 },
    });
  });

  test('on sides named together', async () => {
    const { ann, answer, newest } = await chat.enter();
    const values = { prompt: 'a meadow', direction: 'horizontal', pixels: 64 };
    await answer(() => ann.command('outpaint', values, { picture: square }), picture(1));
    expect((await newest()).image).toMatchObject({ width: 640, height: 512 });
  });

  test('is refused to the shape it has, and to what is no shape', async () => {
    const { ann, answer } = await chat.enter();
    const to = (shape: string) => () =>
      ann.command('outpaint', { prompt: 'a meadow', 'to-ratio': shape }, { picture: square });
    await answer(to('1:1'), /The picture would not grow[\s\S]*It is 1:1 already/);
    await answer(to('wide'), /"wide" is no shape I know[\s\S]*Write it like 16:9/);
  });
});

import { describe, expect, test } from 'vitest';
import { type AlbumItem, openAlbums } from '../../../src/bots/telegram/albums.ts';
import { handClock } from './hand-clock.ts';

const item = (message_id: number, media_group_id = 'g') =>
  ({ message_id, media_group_id, date: 0, chat: { id: 1, type: 'private' }, photo: [] }) as unknown as AlbumItem;

function open() {
  const clock = handClock();
  const whole: number[][] = [];
  const late: number[] = [];
  const albums = openAlbums({
    clock,
    complete: (items) => Promise.resolve(void whole.push(items.map(({ message_id }) => message_id))),
    late: ({ message_id }) => Promise.resolve(void late.push(message_id)),
  });
  return { clock, whole, late, albums };
}

describe('an album that arrives picture by picture', () => {
  test('is whole 2.5 s after its last picture, in order of message ids, each picture once', () => {
    const { clock, whole, albums } = open();
    albums.add(item(12));
    clock.advance(2000);
    albums.add(item(10));
    albums.add(item(12));
    clock.advance(2400);
    expect(whole).toEqual([]);
    clock.advance(100);
    expect(whole).toEqual([[10, 12]]);
  });

  test('is not waited for longer than 10 s', () => {
    const { clock, whole, albums } = open();
    for (let id = 1; id <= 6; id += 1) {
      albums.add(item(id));
      clock.advance(2000);
    }
    expect(whole).toEqual([[1, 2, 3, 4, 5]]);
  });

  test('leaves a picture that comes later to itself', () => {
    const { clock, whole, late, albums } = open();
    albums.add(item(1));
    albums.add(item(2, 'other'));
    clock.advance(2500);
    albums.add(item(3));
    expect(whole).toEqual([[1], [2]]);
    expect(late).toEqual([3]);
    albums.correct(item(1));
    expect(whole).toEqual([[1], [2], [1]]);
  });

  test('is handed out as it is when the bot closes', async () => {
    const { whole, albums } = open();
    albums.add(item(1));
    await albums[Symbol.asyncDispose]();
    expect(whole).toEqual([[1]]);
  });
});

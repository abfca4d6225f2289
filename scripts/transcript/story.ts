import { answered, picture, type Room, type RoomMessage } from '../../test/support/room/room.ts';
import type { Recorder } from './recorder.ts';
import { meadow, ring } from './studio.ts';

/** What the built-in model paints well with. */
const painted = { cfg: 5, steps: 20 } as const;

type Pictures = Record<'first' | 'sunset' | 'snowman' | 'other', RoomMessage>;

/** A room whose steps are told, and end with an answer. */
function stage(room: Room, recorder: Recorder) {
  const [ann, bo, jose] = room.people;
  const step = (title: string, act: () => unknown, wanted?: RegExp): Promise<RoomMessage> =>
    recorder.step(title, () => answered(room, act, wanted));
  return { ann, bo, jose, step, isLookedAfter: room.isLookedAfter };
}
type Stage = ReturnType<typeof stage>;

/** A photo, words, a drawing, a mask, and another try: one picture through three pairs of hands. */
async function paintTogether({ ann, bo, jose, step }: Stage): Promise<Pictures> {
  const image = await meadow();
  await step('Ann: /help', () => ann.command('help'));
  const first = await step(
    'Ann: /edit a picture of a meadow',
    () => {
      const words = { prompt: 'a tree on the left, grass, blue sky', strength: 0.85, seed: '3', ...painted };
      return ann.command('edit', words, { picture: image });
    },
    picture(1),
  );
  const sunset = await step(
    '小波 replies to #1',
    () => bo.reply(first, '+ sunset --strength 0.75 --seed 1'),
    picture(2),
  );
  const words = 'a snowman, grass, blue sky --strength 1 --fill "latent noise" --cfg 5 --seed 3';
  const asked = await step(
    'José draws a ring on #2 and sends it back',
    () => jose.draw(sunset, ring(), words),
    /#2\?|#2 /u,
  );
  const grown = await step('José presses Grow', () => jose.press(asked, '⊕'));
  const snowman = await step('小波 agrees to the mask', () => bo.press(grown, '✅'), picture(3));
  const other = await step('Ann presses Again on #3', () => ann.press(snowman, '🎲'), picture(4));
  return { first, sunset, snowman, other };
}

/** Back, forward, sideways, and side by side. @returns where that ends */
async function walkTheTree({ ann, bo, jose, step }: Stage, { sunset, snowman, other }: Pictures): Promise<RoomMessage> {
  const back = await step('小波 presses Undo on #4', () => bo.press(other, '↩️'), picture(2));
  await step('小波 presses Redo', () => bo.press(back, '↪️'), picture(4));
  const branched = await step(
    'José begins a branch at #2',
    () => jose.fillFurther(sunset, '🌿', { name: 'autumn' }),
    /autumn/u,
  );
  await step(
    'José replies to it',
    () => jose.reply(branched, 'red trees, autumn, grass, blue sky --strength 0.8 --seed 9 --cfg 5'),
    picture(5),
  );
  const compared = await step('Ann presses Compare on #3', () => ann.press(snowman, '🌓'), /#3/u);
  await step('Ann presses Difference', () => ann.press(compared, 'Difference'), /ΔE/u);
  const form = { prompt: 'a red house, grass, blue sky', strength: '0.9', advanced: 'steps=12' };
  return step('小波 presses Edit… on #4 and fills the form', () => bo.fill(other, '✏️', form), picture(6));
}

/** Settings under a name go from hand to hand. */
async function sharePreset({ ann, bo, step }: Stage, { first, other }: Pictures) {
  await step('小波 saves the settings of #4', () => bo.fillFurther(other, '⭐', { name: '雪人' }), /雪人/u);
  const shared = await step('小波: /preset share', () => bo.command('preset share', { name: '雪人' }), /➕|雪人/u);
  await step('Ann presses Copy', () => ann.press(shared, '➕'), /saved/u);
  await step('Ann replies to #1 with it', () => ann.reply(first, 'a small hill --preset 雪人 --seed 5'), picture(7));
}

/** Nobody steps back alone. */
async function vote({ ann, bo, jose, step }: Stage, panel: RoomMessage, house: RoomMessage): Promise<RoomMessage> {
  await step('Ann has votes taken here', () => ann.press(panel, 'Here: vote'), /vote/u);
  const asked = await step('José presses Undo on #6', () => jose.press(house, '↩️'), /1 .*2|1\/2/u);
  return step('小波 agrees', () => bo.press(asked, '👍'), picture(4));
}

/** Everybody decides, one decides, one asks, and one goes another way. */
async function decide(stage: Stage, { snowman, other }: Pictures, house: RoomMessage): Promise<void> {
  const { ann, bo, jose, step } = stage;
  const panel = await step('Ann opens Together… of #3', () => ann.pressFurther(snowman, '👥'), /together/iu);
  const back = await vote(stage, panel, house);
  await step('Ann leaves moving on to the owner alone', () => ann.press(panel, 'Owner only'), /alone/u);
  const refused = await step('José presses Redo', () => jose.press(back, '↪️'), /⚠/u);
  const asking = await step('José asks', () => jose.press(refused, '🙋'), /@.*José.*#\d/u);
  await step('Ann allows it', () => ann.press(asking, '✅'), /José/u);
  await step('José presses Redo once more', () => jose.press(back, '↪️'), picture(6));
  await step('Ann locks the history', () => ann.pressFurther(snowman, '🔒'), /locked/u);
  await step('小波 replies to #4 all the same', () => bo.reply(other, '+ night --seed 8'), picture(8));
}

/** A line that is too long, an edit that is given up, and a rule of the house. */
async function waitInLine({ ann, bo, jose, step, isLookedAfter }: Stage): Promise<void> {
  const image = await meadow();
  const running = await step(
    'José: a long /edit',
    // It must still be at it when it is cancelled, on a slow machine too.
    () => jose.command('edit', { prompt: 'a lake', steps: 150, strength: 1, count: 4 }, { picture: image }),
    /⏳/u,
  );
  const ask = (prompt: string) => () => bo.command('edit', { prompt, steps: 8 }, { picture: image });
  await step('小波 asks for a mountain', ask('a mountain'), /⏳/u);
  await step('小波 asks for a forest', ask('a forest'), /⏳/u);
  await step('小波 asks for one more', ask('a river'), /⚠/u);
  await step('小波: /queue', () => bo.command('queue'));
  await step('小波 presses Cancel on José’s edit', () => bo.press(running, '✖️'), /⚠/u);
  await step('José: /cancel', () => jose.command('cancel'), /^#1 · [\s\S]*a forest/u);
  if (!isLookedAfter) return;
  await step('Ann: /server limits set', () => ann.command('server limits set', { name: 'max-steps', value: '15' }));
  await step(
    'José: /edit with more steps than that',
    () => jose.command('edit', { prompt: 'a barn', steps: 60 }, { picture: image }),
    /^#1 · [\s\S]*a barn/u,
  );
}

/** Where we have been, what goes wrong, and what is kept. */
async function lookBack({ ann, bo, jose, step }: Stage, { first }: Pictures): Promise<void> {
  const tree = await step('Ann: /history', () => ann.command('history', {}, { about: first }), /History/u);
  await step('Ann presses Thumbnails', () => ann.press(tree, '🖼️'));
  const notes = Buffer.from('milk, eggs');
  await step('Ann: /edit with a text file', () => ann.command('edit', { prompt: 'x' }, { picture: notes }), /⚠/u);
  await step('小波: /inpaint without a mask', () => bo.command('inpaint', { prompt: '帽子' }, { about: first }), /⚠/u);
  const misspelt = { prompt: 'x', advanced: 'stength=0.5' };
  await step('José: an option that does not exist', () => jose.command('edit', misspelt, { about: first }), /⚠/u);
  await step('José: /privacy show', () => jose.command('privacy show'));
}

/** An evening of three people with one picture. */
export async function tell(room: Room, recorder: Recorder): Promise<void> {
  const here = stage(room, recorder);
  const pictures = await paintTogether(here);
  const house = await walkTheTree(here, pictures);
  await sharePreset(here, pictures);
  await decide(here, pictures, house);
  await waitInLine(here);
  await lookBack(here, pictures);
}

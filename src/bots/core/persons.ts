import type { PlaceId } from '../../edit/lineage.ts';
import type { UserId } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { type Desk, nameOf } from './desk.ts';
import { oneLine } from './plain-text.ts';

const platforms = { d: 'discord', t: 'telegram', w: 'web' } as const;

/** Whose ids the people of a place have. */
export function platformIn(place: PlaceId): 'discord' | 'telegram' | 'web' {
  return platforms[place[0] as keyof typeof platforms];
}

/** A number that may be somebody's, though the bot never met them. */
const isNumber = (given: string) => /^\d{5,20}$/.test(given);

/** What one person of several with a name is told apart by. */
async function toldApart({ storage }: Pick<Desk, 'storage'>, user: UserId): Promise<string> {
  const handle = (await storage.people.person(user))?.handle;
  return (handle ?? user).replace(/^\w+:/, '');
}

/**
 * Somebody as others name them: by number, by the handle they were last seen with, or by what one of `among` is called.
 * @throws Refusal 'unknown-person', 'several-people'
 */
export async function personNamed(
  desk: Pick<Desk, 'storage'>,
  place: PlaceId,
  given: string,
  among: readonly UserId[] = [],
): Promise<UserId> {
  const { people } = desk.storage;
  const platform = platformIn(place);
  const wanted = given
    .trim()
    .replace(/^<?@?!?/, '')
    .replace(/>$/, ''); // `<@!123>` as Discord writes it
  const numbered: UserId = `${platform}:${wanted}`;
  if (isNumber(wanted) || among.includes(numbered)) return numbered;
  const handled = await people.withHandle(`${platform}:@${wanted.toLowerCase()}`);
  if (handled) return handled.id;
  const names = await Promise.all(among.map(async (user) => [user, await nameOf(desk, user)] as const));
  const found = names.filter(([, name]) => name.toLowerCase() === wanted.toLowerCase());
  const [only, another] = found;
  if (only && !another) return only[0];
  if (another) {
    const apart = await Promise.all(found.map(([user]) => toldApart(desk, user)));
    throw new Refusal('several-people', { given: oneLine(given, 64), nearest: apart });
  }
  const near = names.map(([, name]) => name).slice(0, 3);
  throw new Refusal('unknown-person', { given: oneLine(given, 64), nearest: near });
}

import type { Asker } from './accept.ts';
import type { Desk } from './desk.ts';

/** Whether somebody wants to be asked about a mask before it is used. */
type AskMask = 'always' | 'auto' | 'never';

/** Shares of a picture that nobody marks by accident. */
const PLAUSIBLE = { least: 0.002, most: 0.6 } as const;

/** What was chosen by the person, else for the channel, else for the server; in rooms people are asked, in private only when in doubt. */
async function askMaskFor({ storage }: Desk, { speaker, where }: Asker): Promise<AskMask> {
  const chosen = await storage.settings.of([
    { scope: 'server', owner: where.group },
    { scope: 'channel', owner: where.place },
    { scope: 'user', owner: speaker.user },
  ]);
  const of = (scope: string) => chosen.find((setting) => setting.key === 'ask-mask' && setting.scope === scope)?.value;
  const value = of('user') ?? of('channel') ?? of('server');
  if (value === 'always' || value === 'auto' || value === 'never') return value;
  return where.kind === 'room' ? 'always' : 'auto';
}

/**
 * Whether a mask is shown before it is used. `isGuess`: it was worked out, not sent; then only those who never want to be asked are not.
 * @param covered  share of the picture it marks, 0…1
 */
export async function asksAboutMask(
  desk: Desk,
  asker: Asker,
  { covered, isGuess }: { readonly covered: number; readonly isGuess: boolean },
): Promise<boolean> {
  const asks = await askMaskFor(desk, asker);
  if (asks !== 'auto' || isGuess) return asks !== 'never';
  return covered < PLAUSIBLE.least || covered > PLAUSIBLE.most;
}

import type { Catalog, ModelKind } from '../../edit/catalog.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import { oneLine } from './plain-text.ts';
import type { Card } from './platform.ts';
import { ranked } from './ranking.ts';

/** Lines of the card at most; who looks for more searches. */
const SHOWN = 25;

const families = { sd1: 'SD1', sd2: 'SD2', sdxl: 'SDXL' } as const;

interface Listed {
  readonly name: string;
  readonly kind: ModelKind;
  readonly about: readonly string[];
}

function listed({ checkpoints, models = [] }: Catalog): readonly Listed[] {
  return [
    ...checkpoints.map(({ name, family, nativeSize, hash }) => ({
      ...{
        name,
        kind: 'checkpoint' as const,
        about: [families[family], `${nativeSize}`, ...(hash === null ? [] : [hash])],
      },
    })),
    ...models.map(({ name, kind, family, hash, words = [] }) => ({
      ...{ name, kind },
      about: [...(family ? [families[family]] : []), ...(hash === null ? [] : [hash]), ...words.slice(0, 3)],
    })),
  ];
}

/** What workers can use, of one kind or all, those first whose names are nearest to a word. */
export function modelsCard(
  { models: words }: Messages,
  catalog: Catalog,
  { kind, search }: { readonly kind: string | null; readonly search: string },
): Card {
  const found = ranked(listed(catalog), search).filter((one) => kind === null || one.kind === kind);
  const lines = found
    .slice(0, SHOWN)
    .map(({ name, kind: of, about }) =>
      [oneLine(name, 80), ...(kind === null ? [words.kinds[of]] : []), ...about.map((part) => oneLine(part, 40))].join(
        ' · ',
      ),
    );
  const more = found.length > SHOWN ? [words.more(found.length - SHOWN)] : [];
  return {
    ...plainCard,
    title: words.title(found.length),
    lines: found.length > 0 ? [...lines, ...more] : [words.none],
  };
}

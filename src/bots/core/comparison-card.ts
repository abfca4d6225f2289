import type { BlobRef } from '../../edit/blob.ts';
import type { NodeId } from '../../edit/lineage.ts';
import { type Comparison, type ComparisonStyle, comparisonStyles } from '../../edit/probe.ts';
import { arranged, button } from './buttons.ts';
import { plainCard } from './cards.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Capabilities, Card } from './platform.ts';

/** Styles as a button's argument carries them. */
export const comparisonLetters = { side: 's', wipe: 'w', difference: 'd' } as const satisfies Record<
  ComparisonStyle,
  string
>;

/** Two pictures shown together, as the outbox holds it; the card's node is the second one. */
export interface ComparisonNotice {
  readonly a: { readonly id: NodeId; readonly number: number };
  readonly b: { readonly id: NodeId; readonly number: number };
  readonly style: ComparisonStyle;
  readonly image: BlobRef;
  readonly ending: string;
  readonly measured: Comparison['measured'];
  readonly spoiler: boolean;
}

/** A comparison and the buttons for its other styles. */
export function comparisonCard(
  messages: Messages,
  { a, b, style, image, ending, measured, spoiler }: ComparisonNotice,
  capabilities: Capabilities,
): Card {
  const { compareTitle, compared, measuredDifference, compareStyles } = messages.room;
  const others = comparisonStyles.filter((other) => other !== style);
  const buttons = others.map((other) =>
    button(messages, 'cp', b.id, { label: compareStyles[other], arg: `${comparisonLetters[other]}${a.id}` }),
  );
  const numbers = measured && measuredDifference(measured.mean, Math.round(measured.changed * 100));
  return {
    ...plainCard,
    title: compareTitle(a.number, b.number),
    lines: numbers === null ? [] : [numbers],
    images: [
      { source: image, name: `compare_${a.number}_${b.number}.${ending}`, description: compared(a.number, b.number) },
    ],
    rows: arranged([buttons], capabilities),
    spoiler,
  };
}

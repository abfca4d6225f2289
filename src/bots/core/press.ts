import type { LineageNode } from '../../edit/lineage.ts';
import type { Asker, Flow } from './accept.ts';
import type { ActionIncoming, FormField } from './platform.ts';

/** A button pressed, or a form answered. */
export interface Press {
  readonly asker: Asker;
  readonly incoming: ActionIncoming;
  /** Language of what only the person reads. */
  readonly private: Asker['language'];
}

/** A field of a form: short, optional, unless said otherwise. */
export function field(name: string, label: string, value: string, more: Partial<FormField> = {}): FormField {
  return { name, label, value, long: false, required: false, maxLength: 40, ...more };
}

/** What a button does to the picture it names. */
export type NodeAction = (flow: Flow, press: Press, node: LineageNode) => Promise<void>;

import { Refusal, type RefusalCode, type Refusals } from '../../errors.ts';
import type { Messages } from './messages/catalogue.ts';
import type { Button } from './platform.ts';

/** A refusal with buttons that lead on from where somebody got stuck. */
export class RefusalWithWayOn<C extends RefusalCode = RefusalCode> extends Refusal<C> {
  readonly buttons: (messages: Messages) => readonly Button[];
  constructor(code: C, details: Refusals[C], buttons: (messages: Messages) => readonly Button[]) {
    super(code, details);
    this.buttons = buttons;
  }
}

/** The buttons that lead on from an error; none where there are none. */
export function waysOn(error: unknown, messages: Messages): readonly Button[] {
  return error instanceof RefusalWithWayOn ? error.buttons(messages) : [];
}

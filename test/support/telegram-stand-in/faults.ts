/** What goes wrong with a call. */
export type Mishap =
  /** The connection breaks before, or after, the server has done what was asked. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'refuse'; readonly code: number; readonly description: string; readonly retryAfter?: number }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Of a download. */
  | { readonly kind: 'bytes'; readonly how: 'corrupt' | 'expired' | 'partial' };

export interface FaultRule {
  /** A method's name, or `file` for downloads; any, when not said. */
  readonly method?: string | RegExp;
  /** Once, when not said. */
  readonly times?: number;
  readonly mishap: Mishap;
}

/** Trouble to come, taken in order. */
export interface Faults {
  /** @returns what ends it early */
  add(rule: FaultRule): () => void;
  take(method: string): Mishap | undefined;
}

export function openFaults(): Faults {
  const rules: { readonly rule: FaultRule; left: number }[] = [];
  const matches = ({ method }: FaultRule, called: string) =>
    method === undefined || (typeof method === 'string' ? method === called : method.test(called));
  return {
    add: (rule) => {
      const added = { rule, left: rule.times ?? 1 };
      rules.push(added);
      return () => {
        added.left = 0;
      };
    },
    take: (called) => {
      const due = rules.find(({ rule, left }) => left > 0 && matches(rule, called));
      if (due) due.left -= 1;
      return due?.rule.mishap;
    },
  };
}

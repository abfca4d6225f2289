import type { Call } from './http.ts';

/** What goes wrong with a call. */
export type Mishap =
  /** The connection breaks before, or after, the server has done what was asked. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'status'; readonly status: number }
  /** An error code of the API: 10008, 50013 … */
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'limit'; readonly waitMs: number; readonly scope: 'user' | 'shared' | 'global' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Files: flipped bytes, an expired link, a connection that ends half way. */
  | { readonly kind: 'bytes'; readonly how: 'corrupt' | 'expired' | 'partial' };

export interface FaultRule {
  readonly method?: string;
  /** Matched against the decoded path below `/api/v10`, or `/cdn/…`. */
  readonly path?: RegExp;
  /** How often; for ever when `Number.POSITIVE_INFINITY`. Once, when not said. */
  readonly times?: number;
  readonly mishap: Mishap;
}

/** Trouble to come, taken in order. */
export interface Faults {
  /** @returns what ends it early */
  add(rule: FaultRule): () => void;
  /** The mishap of this call, if one is due; counts it. */
  take(call: Pick<Call, 'method' | 'path'>): Mishap | undefined;
  clear(): void;
}

export function openFaults(): Faults {
  const rules: { rule: FaultRule; left: number }[] = [];
  return {
    add: (rule) => {
      const added = { rule, left: rule.times ?? 1 };
      rules.push(added);
      return () => {
        added.left = 0;
      };
    },
    take: ({ method, path }) => {
      const due = rules.find(
        ({ rule, left }) => left > 0 && (rule.method ?? method) === method && (rule.path?.test(path) ?? true),
      );
      if (due) due.left -= 1;
      return due?.rule.mishap;
    },
    clear: () => {
      rules.length = 0;
    },
  };
}

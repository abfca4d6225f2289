import { expect, test } from 'vitest';
import type { JobId } from '../../src/edit/lineage.ts';
import { decodeEvent, encodeEvent } from '../../src/jobs/events.ts';

const id = 'abc' as JobId;
const progress = { phase: 'sampling', fraction: 0.5, step: 1, steps: 2 } as const;

test('an event crosses Redis as it is, its preview byte for byte', () => {
  const preview = Uint8Array.from({ length: 256 }, (_, i) => i);
  const event = { kind: 'progress', id, progress: { ...progress, preview } } as const;
  expect(decodeEvent(encodeEvent(event))).toEqual(event);
  const ended = { kind: 'ended', id, outcome: { kind: 'cancelled' } } as const;
  expect(decodeEvent(encodeEvent(ended))).toEqual(ended);
});

test('a preview too large for an event stays behind', () => {
  const preview = new Uint8Array(100_001);
  const text = encodeEvent({ kind: 'progress', id, progress: { ...progress, preview } });
  expect(decodeEvent(text)).toEqual({ kind: 'progress', id, progress });
});

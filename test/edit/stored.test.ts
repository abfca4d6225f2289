import { describe, expect, test } from 'vitest';
import { defaultParams } from '../../src/edit/fields.ts';
import { presentParams, presentPreset, presentTask } from '../../src/edit/stored.ts';

describe('what another version wrote', () => {
  const heard = (read: (told: (what: string) => void) => unknown) => {
    const what: string[] = [];
    read((name) => what.push(name));
    return what;
  };
  const task = (params: object, more: object = {}) => ({ kind: 'edit', request: { version: 1, params, ...more } });

  test('has every parameter again, with its default where it had none', () => {
    expect(presentTask(task({ steps: 7 }), () => {})).toEqual(task({ ...defaultParams, steps: 7 }));
  });
  test('loses names and values that mean nothing now, and each is told', () => {
    const stored = task({ steps: 7, zigzag: 1, cfgScale: 1e9 }, { glow: true });
    expect(heard((told) => presentTask(stored, told))).toEqual(['glow', 'params.zigzag', 'params.cfgScale']);
    expect(presentTask(stored, () => {})).toEqual(task({ ...defaultParams, steps: 7 }));
  });
  test('stays what it is when it is no task at all, for the parser to refuse', () => {
    for (const stored of [null, 'x', [], { kind: 'edit' }, { kind: 'edit', request: { params: [] } }])
      expect(presentTask(stored, () => {})).toBe(stored);
  });
  test('gets no defaults where only some parameters were meant', () => {
    expect(presentPreset({ params: { steps: 7, zigzag: 1 }, promptSuffix: 'x' }, () => {})).toEqual({
      params: { steps: 7 },
      promptSuffix: 'x',
    });
    expect(presentParams({ toString: 1, steps: 7 })).toEqual({ steps: 7 });
    expect(presentParams('nothing')).toEqual({});
  });
});

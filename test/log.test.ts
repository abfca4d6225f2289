import { expect, test } from 'vitest';
import { openLog, openVeil } from '../src/log.ts';

function logged(write: (log: ReturnType<typeof openLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(openLog('info', { write: (line) => void lines.push(line) }));
  return JSON.parse(lines[0] ?? 'null') as Record<string, unknown>;
}

test.each(['err', 'error'])('an error under %s is logged with its stack and what caused it', (key) => {
  const error = new Error('the outbox is away', { cause: Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' }) });
  const line = logged((log) => log.error({ [key]: error }, 'trouble'));
  expect(line).toMatchObject({
    msg: 'trouble',
    [key]: {
      message: 'the outbox is away',
      stack: expect.stringContaining('log.test.ts'),
      cause: { message: 'busy', code: 'SQLITE_BUSY' },
    },
  });
});

test('what a library hangs onto its errors, as the request with the prompt in it, is not logged', () => {
  const error = Object.assign(new Error('refused'), { on: { payload: { caption: 'a red hat' } } });
  expect(JSON.stringify(logged((log) => log.warn({ error }, 'trouble')))).not.toContain('red hat');
});

test('words in place of an error are logged as they are', () => {
  expect(logged((log) => log.warn({ error: 'refused' }, 'trouble'))).toMatchObject({ error: 'refused' });
});

test('people and places are hashed, the same all day and otherwise the next', () => {
  let now = Date.UTC(2026, 10, 30, 8);
  const veil = openVeil(() => now);
  const about = {
    user: 'discord:900719925474099301',
    place: 't:-100200300:0',
    row: 'report:0a1b2c3d4e:telegram:77',
    steps: 3,
  };
  const first = veil(about);
  expect(first).toEqual({
    user: expect.stringMatching(/^discord:[0-9a-f]{12}$/),
    place: expect.stringMatching(/^t:[0-9a-f]{12}$/),
    row: expect.stringMatching(/^report:0a1b2c3d4e:telegram:[0-9a-f]{12}$/),
    steps: 3,
  });
  now += 12 * 3_600_000;
  expect(veil(about)).toEqual(first);
  now += 12 * 3_600_000;
  expect(veil(about)).not.toEqual(first);
  const line = logged((log) => log.info({ user: 'discord:900719925474099301', group: 'd:dm' }, 'edit done'));
  expect(JSON.stringify(line)).not.toContain('900719925474099301');
  expect(line.group).toBe('d:dm');
});

test('tokens are blotted out', () => {
  const line = JSON.stringify(logged((log) => log.info({ token: '12:secret', call: { token: '34:secret' } }, 'x')));
  expect(line).not.toContain('secret');
});

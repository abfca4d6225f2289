import { expect, test } from 'vitest';
import { openLog } from '../src/log.ts';

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

test('tokens are blotted out', () => {
  const line = JSON.stringify(logged((log) => log.info({ token: '12:secret', call: { token: '34:secret' } }, 'x')));
  expect(line).not.toContain('secret');
});

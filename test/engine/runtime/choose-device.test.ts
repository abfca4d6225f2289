import { listSupportedBackends } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { chooseDevice, workingDevice } from '../../../src/engine/runtime/choose-device.ts';

const hasCuda = listSupportedBackends().some(({ name, bundled }) => name === 'cuda' && bundled);

test('the CPU is taken where it is asked for, and by itself where there are no CUDA libraries', async () => {
  expect(await chooseDevice('cpu')).toBe('cpu');
  expect(['cpu', ...(hasCuda ? ['cuda'] : [])]).toContain(await chooseDevice('auto'));
});

test('a device that was asked for and is not there is named, with where to read on', async () => {
  const asked = chooseDevice('cuda');
  if (hasCuda) await asked.catch((error: Error) => expect(error.message).toContain('docs/operate/gpu.md'));
  else
    await expect(asked).rejects.toThrow(
      'DEVICE=cuda cannot be used: its libraries are not installed. See docs/operate/gpu.md',
    );
});

test('an engine goes on without it: on the CPU, and says why', async () => {
  const told: string[] = [];
  const warn = (message: string) => void told.push(message);
  const found = await workingDevice({ device: 'cuda', precision: 'auto' }, warn);
  if (hasCuda && found.device === 'cuda') return;
  expect(found).toEqual({ device: 'cpu', precision: 'float32' });
  expect(told).toEqual([expect.stringMatching(/^DEVICE=cuda cannot be used: .* Until it can, the CPU is used/)]);
});

test('float16 is computed in where it is asked for and can be', async () => {
  const none = (message: string) => expect.unreachable(message);
  expect(await workingDevice({ device: 'cpu', precision: 'float16' }, none)).toEqual({
    device: 'cpu',
    precision: 'float16',
  });
  expect(await workingDevice({ device: 'cpu', precision: 'auto' }, none)).toEqual({
    device: 'cpu',
    precision: 'float32',
  });
});

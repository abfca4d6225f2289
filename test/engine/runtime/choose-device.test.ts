import { listSupportedBackends } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { chooseDevice } from '../../../src/engine/runtime/choose-device.ts';

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

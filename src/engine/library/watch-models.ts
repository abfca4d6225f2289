import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls `changed` once files below a folder have been left alone for a while: a copy of some GB is one change, at its end. Where nothing can
 * be watched (network drives, no folder yet, too many of them), nothing is ever called; look now and then as well.
 *
 * @param calmMs  how long nothing must have happened
 */
export function watchModels(folder: string, changed: () => void, calmMs = 2000): Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watcher: FSWatcher | undefined;
  const stop = () => {
    clearTimeout(timer);
    watcher?.close();
  };
  try {
    watcher = watch(folder, { recursive: true, persistent: false }, () => {
      clearTimeout(timer);
      timer = setTimeout(changed, calmMs).unref();
    });
    watcher.on('error', stop);
  } catch {
    stop();
  }
  return { [Symbol.dispose]: stop };
}

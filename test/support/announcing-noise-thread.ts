import { BroadcastChannel } from 'node:worker_threads';
import '../../src/engine/noise/noise-thread.ts';

// The noise thread, and a word when it is up.
const channel = new BroadcastChannel('noise threads');
channel.postMessage('up');
channel.unref();

import { parentPort } from 'node:worker_threads';
import { pictures } from '../engine/index.ts';
import { toFailure } from './engine-protocol.ts';
import type { PictureCall, PictureReply } from './picture-host.ts';

// The thread that decodes and encodes pictures for the chat. Calls run side by side; each is answered once.

async function answer({ call, ask }: PictureCall): Promise<PictureReply> {
  try {
    switch (ask.kind) {
      case 'probe':
        return { call, value: await pictures.probe(ask.bytes) };
      case 'checkMask':
        return { call, value: await pictures.checkMask(ask.bytes) };
      case 'thumbnail':
        return { call, value: await pictures.thumbnail(ask.bytes, ask.maxSide) };
      case 'upload':
        return { call, value: await pictures.upload(ask.bytes, ask.limitBytes) };
      case 'compare':
        return { call, value: await pictures.compare(ask.a, ask.b, ask.how) };
      case 'sheet':
        return { call, value: await pictures.sheet(ask.tiles) };
      default:
        return ask satisfies never;
    }
  } catch (error) {
    return { call, failure: toFailure(error) };
  }
}

parentPort?.on('message', (call: PictureCall) => void answer(call).then((reply) => parentPort?.postMessage(reply))); // `answer` does not reject

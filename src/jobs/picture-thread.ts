import { parentPort } from 'node:worker_threads';
import { pictures } from '../engine/index.ts';
import { toFailure } from './engine-protocol.ts';
import type { PictureCall, PictureReply } from './picture-host.ts';

// The thread that decodes and encodes pictures for the chat. Calls run side by side; each is answered once.

function looked(ask: PictureCall['ask']) {
  switch (ask.kind) {
    case 'probe':
      return pictures.probe(ask.bytes);
    case 'checkMask':
      return pictures.checkMask(ask.bytes);
    case 'hash':
      return pictures.hash(ask.bytes);
    case 'thumbnail':
      return pictures.thumbnail(ask.bytes, ask.maxSide);
    case 'upload':
      return pictures.upload(ask.bytes, ask.limitBytes);
    case 'scribble':
      return pictures.scribble(ask.base, ask.marked);
    case 'drawMask':
      return pictures.drawMask(ask.work);
    case 'veil':
      return pictures.veil(ask.bytes, ask.mask);
    case 'frame':
      return pictures.frame(ask.bytes, ask.placement);
    case 'resized':
      return pictures.resized(ask.bytes, ask.to);
    case 'sample':
      return pictures.sample();
    case 'blank':
      return pictures.blank(ask.size);
    case 'compare':
      return pictures.compare(ask.a, ask.b, ask.how);
    case 'inscribe':
      return pictures.inscribe(ask.png, ask.infotext);
    case 'tree':
      return pictures.tree(ask.tiles);
    default:
      return ask satisfies never;
  }
}

async function answer({ call, ask }: PictureCall): Promise<PictureReply> {
  try {
    return { call, value: await looked(ask) };
  } catch (error) {
    return { call, failure: toFailure(error) };
  }
}

parentPort?.on('message', (call: PictureCall) => void answer(call).then((reply) => parentPort?.postMessage(reply))); // `answer` does not reject

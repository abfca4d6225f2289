import { readFile } from 'node:fs/promises';
import type { PartialParams } from '../src/edit/index.ts';
import { openCostlessEdit } from './costless.ts';
import { peakBytes } from './peak.ts';

// One edit in a process of its own, which prints its peak of resident memory, bytes.
const [photo, mask, size, params] = process.argv.slice(2) as [string, string, string, string];
const edit = await openCostlessEdit();
const files = { photo: await readFile(photo), mask: mask === '' ? null : await readFile(mask) };
await edit(files, Number(size), JSON.parse(params) as PartialParams);
console.log(await peakBytes());

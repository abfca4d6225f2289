import { detectCases } from './models/detect.ts';
import { dtypeCases } from './models/dtypes.ts';
import { hypernetCases } from './models/hypernet.ts';
import { layoutCases } from './models/layouts.ts';
import { loraCases } from './models/lora.ts';
import { concatCases, sd2Cases, sdxlCases } from './models/other-families.ts';
import { previewCases } from './models/preview.ts';
import { torchCases } from './models/pth.ts';
import { sd15Cases } from './models/sd15.ts';
import type { GoldenArea } from './outcome.ts';

/** The folders of `models/` that are about weights files and networks, and what checks them. */
export const modelAreas: Readonly<Record<string, GoldenArea>> = {
  dtypes: dtypeCases,
  detect: detectCases,
  layouts: layoutCases,
  sd15: sd15Cases,
  sd2: sd2Cases,
  sdxl: sdxlCases,
  concat: concatCases,
  preview: previewCases,
  pth: torchCases,
  lora: loraCases,
  hypernet: hypernetCases,
};

import { pngChunks } from './png-chunks.ts';

/** NovelAI's samplers by A1111's names; others are taken for Euler a. Source: A1111 modules/sd_samplers.py `samplers_map` */
const samplers: Readonly<Record<string, string>> = {
  k_euler: 'Euler',
  k_euler_ancestral: 'Euler a',
  k_lms: 'LMS',
  k_heun: 'Heun',
  k_dpm_2: 'DPM2',
  k_dpm_2_ancestral: 'DPM2 a',
  k_dpmpp_2m: 'DPM++ 2M',
  k_dpmpp_2s_ancestral: 'DPM++ 2S a',
  k_dpmpp_sde: 'DPM++ SDE',
  k_dpm_fast: 'DPM fast',
  k_dpm_adaptive: 'DPM adaptive',
  ddim: 'DDIM',
  plms: 'PLMS',
};

/** What NovelAI writes into the text chunk `Comment` and A1111 looks at; other members are of no use here. */
const members = ['uc', 'steps', 'sampler', 'scale', 'seed'] as const;
type NovelAiComment = Readonly<Record<(typeof members)[number], unknown>>;

/** Null unless the text says all there is to know: a half-told picture is nobody's. */
function parsed(text: string): NovelAiComment | null {
  try {
    const value: unknown = JSON.parse(text);
    const isWhole = typeof value === 'object' && value !== null && members.every((name) => name in value);
    return isWhole ? (value as NovelAiComment) : null;
  } catch {
    return null;
  }
}

/**
 * An infotext in A1111's words from the texts of a NovelAI picture; null for any other.
 * Source: A1111 modules/images.py `read_info_from_image`
 */
export function novelAiInfotext(texts: ReadonlyMap<string, string>, png: Uint8Array): string | null {
  if (texts.get('Software') !== 'NovelAI') return null;
  const comment = parsed(texts.get('Comment') ?? '');
  if (!comment) return null;
  const { uc, steps, sampler, scale, seed } = comment;
  const name = samplers[String(sampler)] ?? 'Euler a';
  const size = sizeOf(png);
  const params = `Steps: ${steps}, Sampler: ${name}, CFG scale: ${scale}, Seed: ${seed}, Size: ${size}, Clip skip: 2, ENSD: 31337`;
  return `${texts.get('Description') ?? ''}\nNegative prompt: ${uc}\n${params}`;
}

function sizeOf(png: Uint8Array): string {
  for (const { type, data } of pngChunks(png)) {
    if (type !== 'IHDR') break;
    const view = new DataView(data.buffer, data.byteOffset);
    return `${view.getUint32(0)}x${view.getUint32(4)}`;
  }
  return '0x0';
}

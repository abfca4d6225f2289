import { removeComments } from './comments.ts';
import { splitComposition } from './composition.ts';
import {
  extractExtraNetworks,
  type HypernetMention,
  hypernetsOf,
  type LoraMention,
  lorasOf,
  type Mentions,
} from './extra-networks.ts';
import { promptSchedule, type ScheduledText, type ScheduleOptions } from './schedule.ts';

/** A pair of prompts, taken apart as far as the text encoder is not concerned. */
export interface ReadPrompts {
  /** As the infotext lists them: without comments. */
  readonly written: { readonly prompt: string; readonly negativePrompt: string };
  /** As they are encoded: also without extra networks, which only the prompt can mention. */
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly loras: Mentions<LoraMention>;
  readonly hypernets: Mentions<HypernetMention>;
}

/** A pair of prompts as it was given. */
interface GivenPrompts {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Whether what follows a `#` is a comment; by default it is. */
  readonly enablePromptComments?: boolean;
}

/** Source: A1111 modules/processing.py `process_images_inner`, modules/extra_networks.py */
export function readPrompts({ enablePromptComments = true, ...given }: GivenPrompts): ReadPrompts {
  const read = enablePromptComments ? removeComments : (text: string) => text;
  const [written, negativePrompt] = [read(given.prompt), read(given.negativePrompt)];
  const { text, networks } = extractExtraNetworks(written);
  return {
    written: { prompt: written, negativePrompt },
    prompt: text,
    negativePrompt,
    loras: lorasOf(networks),
    hypernets: hypernetsOf(networks),
  };
}

/** One of the prompts that AND joins: its texts over the steps, and its share in the guidance. */
export interface ScheduledPart {
  readonly weight: number;
  readonly schedule: readonly ScheduledText[];
}

/** A prompt as a list of parts over time; always at least one. The negative prompt knows no AND: use `promptSchedule` for it. */
export function schedulePrompt(prompt: string, options: ScheduleOptions): ScheduledPart[] {
  return splitComposition(prompt).map(({ text, weight }) => ({ weight, schedule: promptSchedule(text, options) }));
}

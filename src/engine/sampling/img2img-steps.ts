/** How much of a schedule an img2img run makes. */
export interface Img2imgSteps {
  /** Steps of the whole schedule. */
  readonly scheduleSteps: number;
  /** Steps left of it, less one: σ samplers make tEnc + 1, timestep samplers use tEnc timesteps. */
  readonly tEnc: number;
}

/**
 * "Denoising strength": the share of the schedule, at its low-noise end, that is really run.
 * Source: A1111 modules/sd_samplers_common.py `setup_img2img_steps`
 *
 * @param exactSteps  the schedule is made longer, so that `steps` steps are left of it (option `img2img_fix_steps`)
 */
export function img2imgSteps(steps: number, denoisingStrength: number, exactSteps: boolean): Img2imgSteps {
  const strength = Math.min(denoisingStrength, 0.999);
  if (!exactSteps) return { scheduleSteps: steps, tEnc: Math.trunc(strength * steps) };
  return { scheduleSteps: strength > 0 ? Math.trunc(steps / strength) : 0, tEnc: steps - 1 };
}

/** The levels an img2img run goes through: the last tEnc + 1 steps, and what a schedule longer than asked for has beyond them. */
export function img2imgSigmas(sigmas: readonly number[], { scheduleSteps, tEnc }: Img2imgSteps): readonly number[] {
  return sigmas.slice(Math.max(scheduleSteps - tEnc - 1, 0));
}

import { type Control, integer, number, toggle } from './field.ts';

/** Rows of the parameter table for samplers, schedules and guidance, and for how prompts are read. */
export const samplerFields = {
  eta: number(
    { api: 'eta', chat: 'eta' },
    { en: 'Eta (−1: the sampler’s own)', zh: 'Eta（−1 为采样器默认值）' },
    { min: -1, max: 1, step: 0.01, default: -1 },
  ),
  sChurn: number(
    { api: 's_churn', chat: 's-churn' },
    { en: 'Sigma churn', zh: 'Sigma churn' },
    { min: 0, max: 100, step: 0.01, default: 0 },
  ),
  sTmin: number(
    { api: 's_tmin', chat: 's-tmin' },
    { en: 'Sigma tmin', zh: 'Sigma tmin' },
    { min: 0, max: 10, step: 0.01, default: 0 },
  ),
  sTmax: number(
    { api: 's_tmax', chat: 's-tmax' },
    { en: 'Sigma tmax (0: infinite)', zh: 'Sigma tmax（0 为无穷）' },
    { min: 0, max: 999, step: 0.01, default: 0 },
  ),
  sNoise: number(
    { api: 's_noise', chat: 's-noise' },
    { en: 'Sigma noise', zh: 'Sigma noise' },
    { min: 0, max: 1.1, step: 0.001, default: 1 },
  ),
  sMinUncond: number(
    { api: 's_min_uncond', chat: 's-min-uncond' },
    { en: 'Negative guidance minimum sigma', zh: '反向引导最小 sigma' },
    { min: 0, max: 15, step: 0.01, default: 0 },
  ),
  sMinUncondAll: toggle(
    { api: 's_min_uncond_all', chat: 's-min-uncond-all' },
    { en: 'Negative guidance minimum sigma at all steps', zh: '反向引导最小 sigma 作用于每一步' },
    false,
  ),
  skipEarlyCond: number(
    { api: 'skip_early_cond', chat: 'skip-early-cfg' },
    {
      en: 'Ignore the negative prompt during early sampling, share of the steps',
      zh: '采样初期忽略反向提示词（占步数的比例）',
    },
    { min: 0, max: 1, step: 0.05, default: 0 },
  ),
  padConds: toggle(
    { api: 'pad_cond_uncond', chat: 'pad-conds' },
    { en: 'Pad prompt and negative prompt to the same length', zh: '将正反提示词填充至相同长度' },
    false,
  ),
  padCondsV0: toggle(
    { api: 'pad_cond_uncond_v0', chat: 'pad-conds-v0' },
    { en: 'Pad or cut the negative prompt to the length of the prompt', zh: '将反向提示词填充或截断至提示词的长度' },
    false,
  ),
  useOldScheduling: toggle(
    { api: 'use_old_scheduling', chat: 'old-scheduling' },
    { en: 'Prompt editing timelines of before A1111 1.6', zh: '使用 A1111 1.6 之前的提示词编辑时间线' },
    false,
  ),
  commaPaddingBacktrack: integer(
    { api: 'comma_padding_backtrack', chat: 'comma-padding' },
    { en: 'Prompt word wrap length limit, tokens', zh: '提示词换行时回溯逗号的词元数上限' },
    { min: 0, max: 74, step: 1, default: 20 },
  ),
  enablePromptComments: toggle(
    { api: 'enable_prompt_comments', chat: 'prompt-comments' },
    { en: 'What follows # in a prompt is a comment', zh: '提示词中 # 之后为注释' },
    true,
  ),
  sdxlClipLSkip: toggle(
    { api: 'sdxl_clip_l_skip', chat: 'sdxl-clip-skip' },
    { en: 'Clip skip works on SDXL’s CLIP-L', zh: 'CLIP 终止层数作用于 SDXL 的 CLIP-L' },
    false,
  ),
  cfgRescale: number(
    { api: 'cfg_rescale', chat: 'cfg-rescale' },
    { en: 'CFG rescale (0: off)', zh: 'CFG 重缩放（0 为关）' },
    { min: 0, max: 1, step: 0.01, default: 0 },
  ),
  sigmaMin: number(
    { api: 'sigma_min', chat: 'sigma-min' },
    { en: 'Schedule min sigma (0: the model’s)', zh: '调度最小 sigma（0 为模型默认值）' },
    { min: 0, max: 10, step: 0.01, default: 0 },
  ),
  sigmaMax: number(
    { api: 'sigma_max', chat: 'sigma-max' },
    { en: 'Schedule max sigma (0: the model’s)', zh: '调度最大 sigma（0 为模型默认值）' },
    { min: 0, max: 100, step: 0.01, default: 0 },
  ),
  rho: number(
    { api: 'rho', chat: 'rho' },
    {
      en: 'Schedule rho (0: 7 for Karras, 1 for Polyexponential)',
      zh: '调度 rho（0：Karras 为 7，Polyexponential 为 1）',
    },
    { min: 0, max: 20, step: 0.1, default: 0 },
  ),
  betaDistAlpha: number(
    { api: 'beta_dist_alpha', chat: 'beta-alpha' },
    { en: 'Beta schedule: alpha', zh: 'Beta 调度：alpha' },
    { min: 0.01, max: 1, step: 0.01, default: 0.6 },
  ),
  betaDistBeta: number(
    { api: 'beta_dist_beta', chat: 'beta-beta' },
    { en: 'Beta schedule: beta', zh: 'Beta 调度：beta' },
    { min: 0.01, max: 1, step: 0.01, default: 0.6 },
  ),
  alwaysDiscardNextToLastSigma: toggle(
    { api: 'always_discard_next_to_last_sigma', chat: 'discard-sigma' },
    { en: 'Always discard next-to-last sigma', zh: '始终舍弃倒数第二个 sigma' },
    false,
  ),
} satisfies Record<string, Control>;

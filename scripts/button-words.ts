import type { ButtonWord } from '../src/bots/core/messages/catalogue.ts';
import type { Label } from '../src/edit/choices.ts';

type About = Readonly<Record<ButtonWord, Label>>;

/** What is below a result. */
const making = {
  again: { en: 'another try with another seed, beside the first', zh: '换一个种子再来一张，与原图并列' },
  less: { en: 'the same try with a strength 0.10 lower', zh: '同一种子，重绘幅度减 0.10' },
  more: { en: 'the same try with a strength 0.10 higher', zh: '同一种子，重绘幅度加 0.10' },
  edit: {
    en: 'a form with words and values; the edit starts from this picture',
    zh: '打开填好参数的表单；以这张图片为起点',
  },
  sameMask: { en: 'repaints the same part of this picture once more', zh: '在这张图片上再次重绘同一部分' },
  region: { en: 'ways to say which part is meant', zh: '指定要重绘的部分' },
  upscale: { en: 'ways to enlarge the picture', zh: '各种放大方式' },
  outpaint: { en: 'the dialog that paints around the picture', zh: '打开向外扩展的对话框' },
  remove: { en: 'takes something out of the picture', zh: '从图片中移除物体' },
  seams: { en: 'softens what is left of the old edge after outpainting', zh: '柔化外扩后旧边缘留下的痕迹' },
  latentNothing: {
    en: 'after removing: tries again with latent nothing at strength 0.85',
    zh: '移除后：以空白潜空间、重绘幅度 0.85 再试',
  },
  growAndRetry: { en: 'after removing: tries again with a mask 8 px larger', zh: '移除后：把蒙版扩大 8 像素再试' },
} satisfies Partial<About>;

/** Moving about between versions. */
const moving = {
  undo: { en: 'back to the picture this one was made from', zh: '退回到它的上一张图片' },
  redo: { en: 'forward again', zh: '重新前进' },
  use: { en: 'makes this picture the current one', zh: '把这张图片设为当前图片' },
  compare: { en: 'two versions side by side, with a slider, or their difference', zh: '并排、滑动或差异对比两个版本' },
  history: { en: 'the tree of all versions', zh: '全部版本的树状图' },
  thumbnails: { en: 'the tree in pictures', zh: '用缩略图显示版本树' },
  show: { en: 'shows a picture of the tree again', zh: '再次显示树中的图片' },
  newest: {
    en: 'on an old button: the newest picture here, with fresh buttons',
    zh: '按钮过旧时：显示此处最新的图片和新的按钮',
  },
  pageBack: { en: 'the page before', zh: '上一页' },
  pageOn: { en: 'the next page', zh: '下一页' },
  branch: { en: 'begins a branch of its own at this picture', zh: '从这张图片开始一个分支' },
  renameBranch: { en: 'gives the branch another name', zh: '给分支改名' },
  forgetBranch: { en: 'takes the branch’s name away; its pictures stay', zh: '去掉分支的名称，图片保留' },
  applyOnHead: {
    en: 'somebody was faster: does the same edit to what is current now',
    zh: '有人先改了：把同样的编辑用于现在的当前图片',
  },
  keepAsBranch: { en: 'somebody was faster: keeps this picture on a branch', zh: '有人先改了：把这张图片留在分支上' },
} satisfies Partial<About>;

/** Behind "⋯". */
const further = {
  furtherButtons: { en: 'shows the buttons of this group', zh: '显示这一组按钮' },
  settings: { en: 'everything that made the picture', zh: '生成这张图片的全部参数' },
  original: { en: 'the PNG as it is, with its settings inside', zh: '带参数的原始 PNG' },
  pin: { en: 'words without a picture are about this one, here', zh: '此处没有指明图片的话都作用于它' },
  together: { en: 'who may move the picture on, and the rules of this place', zh: '谁可以推进图片，以及此处的规则' },
  lock: { en: 'keeps the history as it is, until pressed again', zh: '让历史保持原样，再按一次解锁' },
  savePreset: { en: 'keeps the picture’s values under a name', zh: '把图片的参数存成一个名称' },
  report: { en: 'tells those who look after the place', zh: '告知管理者' },
  delete: { en: 'deletes the picture and its messages for good', zh: '永久删除图片及其消息' },
  back: { en: 'the first buttons again (Telegram)', zh: '回到原来的按钮（Telegram）' },
} satisfies Partial<About>;

/** The card that shows a mask before it is used. */
const masks = {
  useMask: { en: 'agrees to the mask', zh: '同意使用这个蒙版' },
  invert: { en: 'repaints everything else instead', zh: '改为重绘其余部分' },
  grow: { en: 'widens the mask by 4 px', zh: '蒙版扩大 4 像素' },
  shrink: { en: 'narrows the mask by 4 px', zh: '蒙版收缩 4 像素' },
  combine: {
    en: 'both, the overlap, the one without the other, or either',
    zh: '与之前的蒙版取并集、交集、差集或异或',
  },
  soft: { en: 'soft inpainting on or off', zh: '开关柔和重绘' },
  toggleSketch: { en: 'takes the strokes as colours, or again as a mask', zh: '把笔迹当作颜色，或重新当作蒙版' },
  paintMask: {
    en: 'a brush to paint the mask with, on the picture (web chat)',
    zh: '用画笔在图片上涂出蒙版（网页聊天）',
  },
  lastMask: { en: 'the mask that was used last on this picture', zh: '这张图片上次用过的蒙版' },
  confirm: { en: 'it was another picture, not a copy that was drawn on', zh: '这是另一张图片，不是画过的副本' },
  dismiss: { en: 'forgets the card', zh: '放弃这张卡片' },
} satisfies Partial<About>;

/** On cards of jobs and answers. */
const others = {
  cancel: { en: 'stops the edit; its author and moderators may', zh: '停止任务；作者和管理员可用' },
  retry: { en: 'the same edit again, after a fault of ours', zh: '出错后重试同一编辑' },
  change: { en: 'takes another picture than the one that was guessed', zh: '换一张图片作为来源' },
  info: { en: 'what is known about a picture', zh: '查看图片信息' },
  useInfo: { en: 'goes on with the settings that were read', zh: '使用读取到的参数' },
  vote: { en: 'agrees, or takes it back', zh: '同意，或收回同意' },
  parallel: { en: 'somebody is busy with it: goes on in a branch', zh: '有人正在处理：在分支上继续' },
  ask: { en: 'asks its owner', zh: '请求所有者同意' },
  allow: { en: 'lets whoever asked in', zh: '允许请求者' },
  copyPreset: { en: 'makes a shared preset yours', zh: '把分享的预设存为自己的' },
  remindMe: { en: 'tells you when there is room again', zh: '有空位时提醒你' },
  smaller: { en: 'too little memory: tries at three quarters of the size', zh: '内存不足：以 0.75 倍尺寸再试' },
  onlyMasked: { en: 'too little memory: paints only around the mask', zh: '内存不足：只绘制蒙版周围' },
  downscale: { en: 'too many pixels: makes the picture smaller and goes on', zh: '像素过多：缩小图片后继续' },
  stretch: { en: 'the mask has another shape: stretches it', zh: '蒙版形状不同：拉伸后使用' },
  invertMask: { en: 'the mask is empty: uses the rest', zh: '蒙版为空：使用其余部分' },
  begin: { en: 'a way to begin, in the greeting', zh: '问候中的开始方式' },
  yes: { en: 'does what was asked about', zh: '确认执行' },
  no: { en: 'does not', zh: '不执行' },
} satisfies Partial<About>;

/** Every button, in the groups of the page. */
export const buttonGroups = [
  { title: { en: 'Making more', zh: '继续制作' }, buttons: making },
  { title: { en: 'Moving between versions', zh: '在版本之间移动' }, buttons: moving },
  { title: { en: 'Behind ⋯', zh: '⋯ 里' }, buttons: further },
  { title: { en: 'On a mask', zh: '蒙版卡片' }, buttons: masks },
  { title: { en: 'Elsewhere', zh: '其他' }, buttons: others },
] as const;

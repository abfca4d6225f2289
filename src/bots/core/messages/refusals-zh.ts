// Every refusal in one table, since the type wants all of them: the file is as long as there are refusals.

import { type Field, fields } from '../../../edit/fields.ts';
import type { Messages } from './catalogue.ts';

const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MB`;
const list = (names: readonly string[]) => names.map((name) => `“${name}”`).join('、');

const shortly = (seconds: number) => (seconds < 90 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分钟`);

/** What kinds of things with names are called: parameters as in their table, others as here, else by their own words. */
const kindWords: Readonly<Record<string, string>> = {
  model: '模型',
  hypernetwork: '超网络',
  style: '样式',
  preset: '预设',
  setting: '设置',
  method: '方式',
  picture: '图片',
  command: '命令',
};

const calledIn = (kind: string): string | undefined =>
  kindWords[kind] ?? Object.values<Field>(fields).find(({ chat }) => chat === kind)?.label.zh;

export const refusalsZh: Messages['refusals'] = {
  'no-image': () => ({
    what: '要编辑哪张图片？',
    why: '没有找到图片。',
    next: '把图片和文字一起发来，回复一张图片，或回复我生成的结果。',
  }),
  'no-content': () => ({
    what: '我看不到那条消息',
    why: '平台没有把它的内容给我。',
    next: '回复时打开提及，使用图片菜单中的“编辑图片”，或自己重新发送图片。',
  }),
  'download-failed': ({ host }) => ({ what: '图片没有收到', why: `从 ${host} 下载失败。`, next: '请重新发送。' }),
  'link-not-followed': ({ hosts }) => ({
    what: '我不打开这个链接',
    why: `我只接受此处消息的链接，以及 ${hosts.join('、')} 上文件的 https 链接。`,
    next: '请直接发送图片，或复制图片所在消息的链接。',
  }),
  'link-expired': () => ({
    what: '这个链接已经失效',
    why: '文件链接的有效期约为一天，过期后无法再下载。',
    next: '请改为复制图片所在消息的链接，或直接发送图片。',
  }),
  'file-too-big': ({ bytes, limit }) => ({
    what: '文件太大',
    why: `它有 ${megabytes(bytes)}，上限为 ${megabytes(limit)}。`,
    next: '请以照片形式发送，或缩小后再发。',
  }),
  'not-an-image': ({ found }) => ({
    what: '这不是我能读取的图片',
    why: found === 'empty' ? '文件是空的。' : found === 'unknown' ? '认不出里面的内容。' : `看起来是 ${found}。`,
    next: '支持 PNG、JPEG、WebP、AVIF 和 GIF。',
  }),
  'image-broken': ({ format }) => ({
    what: '图片已损坏',
    why: `这个 ${format} 文件不完整或无法解码。`,
    next: '请重新发送，或先另存一次。',
  }),
  'image-too-large': ({ megapixels, limit }) => ({
    what: '图片太大',
    why: `它有 ${megapixels.toFixed(1)} 百万像素，上限为 ${limit}。`,
    next: '请发送小一些的图片。',
  }),
  'image-sides': ({ width, height, min, max }) => ({
    what: '无法编辑这种尺寸的图片',
    why: `它是 ${width}×${height}，边长须在 ${min} 到 ${max} 像素之间。`,
    next: '请换一个尺寸发送。',
  }),
  'mask-size': ({ mask, image }) => ({
    what: '蒙版与图片不匹配',
    why: `蒙版为 ${mask}，图片为 ${image}，长宽比不同。`,
    next: '请发送与图片形状相同的蒙版。',
  }),
  'mask-empty': () => ({
    what: '蒙版是空的',
    why: '没有标记要重绘的像素。',
    next: '白色部分会被重绘：如果你的蒙版相反，请反选，或多标记一些。',
  }),
  'no-mask': () => ({
    what: '要重绘哪里？',
    why: '没有蒙版。',
    next: '请用红色画笔在图片上圈出来，再以回复的方式发回；也可以发送一张黑白图作为蒙版，白色部分会被重绘。',
  }),
  'no-finder': ({ target }) => ({
    what: `我无法按名称找到“${target}”`,
    why: '这里没有安装按文字生成蒙版的模型。',
    next: '请指出位置：用较粗的红笔在图上标出，连同刚才的话一起回复这张图片；也可以用蒙版（黑白图，白色部分会被重绘）。',
  }),
  'sketch-and-mask': () => ({
    what: '不能同时使用涂鸦和蒙版',
    why: '涂鸦重绘以笔迹本身为蒙版。',
    next: '请去掉蒙版，或把画过的图片直接作为图片发送。',
  }),
  'sketch-size': ({ sketch, image }) => ({
    what: '涂鸦与图片不匹配',
    why: `涂鸦为 ${sketch}，图片为 ${image}。`,
    next: '请在原尺寸的图片上涂鸦。',
  }),
  'sketch-unchanged': () => ({
    what: '没有看到笔迹',
    why: '涂鸦与图片的每个像素都相同。',
    next: '请在要出现东西的地方涂画。',
  }),
  'diff-base': () => ({
    what: '看不出你是在哪张图上画的',
    why: '这里没有形状和内容都对得上的图片。',
    next: '请不要裁剪，直接回复你涂画的那张图并附上它。',
  }),
  'diff-too-different': () => ({
    what: '这看起来是另一张图',
    why: '不同的地方太多，或者图被裁剪过。',
    next: '请在原图的副本上用较粗的红笔涂画，再回复原图发送；若是新图，请单独发送。',
  }),
  'no-past-mask': () => ({ what: '没有别的蒙版', why: '这张图和它之前的图都没有用过蒙版。', next: '' }),
  'too-many-drafts': ({ limit }) => ({
    what: '你有太多等待确认的操作',
    why: `你有 ${limit} 个未完成的蒙版或对话。`,
    next: '请使用或放弃其中一个；30 分钟后会自动失效。',
  }),
  'bad-color': ({ given }) => ({
    what: `不认识颜色“${given}”`,
    why: '颜色写作 #rrggbb。',
    next: '白色是 #ffffff。',
  }),
  'bad-direction': ({ given }) => ({
    what: given === '' ? '还没有选择方向' : `无法朝“${given}”外扩`,
    why: '方向可写 left、right、up、down（左、右、上、下）。',
    next: '请写一个或多个，例如“left right”。',
  }),
  'bad-ratio': ({ given }) => ({
    what: `看不懂宽高比“${given}”`,
    why: '宽高比是宽与高之比。',
    next: '请写成 16:9、4:3 或 1:1 这样。',
  }),
  'has-shape': ({ ratio }) => ({
    what: '图片不会变大',
    why: `它已经是 ${ratio} 了。`,
    next: '请换一个宽高比，或写明方向和像素。',
  }),
  'bad-size': ({ given, nearest, meant }) => ({
    what: nearest ? `画不了 ${given}` : `看不懂“${given}”`,
    why: nearest ? '这超出了此处能画的尺寸。' : '尺寸可写 src、768x512、2x、w832 或 h1216，最小 64 像素，不超过上限。',
    next: nearest ? `最接近的是 ${nearest}。` : meant ? `是不是 ${meant}？` : '写 src 可保持原尺寸。',
  }),
  'bad-option': ({ position, text, nearest }) => ({
    what: text === '' ? '缺少取值' : /^["“]$/.test(text) ? '引号没有成对' : `没有“${text}”这个选项`,
    why: `在第 ${position + 1} 个字符处。`,
    next: nearest ? `是不是“${nearest}”？` : '选项写作 strength=0.5 或 --strength 0.5。',
  }),
  'option-missing': ({ command, option }) => ({
    what: `/${command} 缺少“${option}”`,
    why: '没有填写。',
    next: `请写在命令后面：/${command} …`,
  }),
  'which-subcommand': ({ command, subcommands }) => ({
    what: `/${command} 要做什么？`,
    why: '',
    next: `可以写：${subcommands.map((sub) => `/${command} ${sub}`).join('、')}。`,
  }),
  'bad-weight': ({ text }) => ({
    what: '权重不是数字',
    why: `看不懂“${text}”。`,
    next: '权重写作 (hat:1.2) 或“a cat AND a dog:0.5”。',
  }),
  'out-of-range': ({ field, given, min, max }) => ({
    what: `${field} 不能是 ${given}`,
    why: `范围是 ${min} 到 ${max}。`,
    next: '',
  }),
  'prompt-too-long': ({ length, limit }) => ({
    what: '文字太长',
    why: `共 ${length} 个字符，上限为 ${limit}。`,
    next: '请写短一些。',
  }),
  'unknown-name': ({ kind, given, nearest }) => ({
    what: `找不到${calledIn(kind) ?? ` ${kind}`}“${given}”`,
    why: '',
    next: nearest.length > 0 ? `相近的有：${list(nearest)}。` : '',
  }),
  'unknown-person': ({ given, nearest }) => ({
    what: `我不认识“${given}”`,
    why: '对方和我说过话之后，我才能按 @用户名 找到。',
    next: nearest.length > 0 ? `这里有：${list(nearest)}。` : '请写对方的数字编号，或请对方先和我说句话。',
  }),
  'several-people': ({ given, nearest }) => ({
    what: `有几个人都叫“${given}”`,
    why: '',
    next: `请指明其中一位：${list(nearest)}。`,
  }),
  'nothing-to-do': ({ why }) => ({
    what: '不会有任何变化',
    why: why === 'no-prompt' ? '我不知道要画什么。' : '潜空间噪声需要大于 0 的重绘幅度。',
    next: why === 'no-prompt' ? '请用几个词告诉我。' : '请提高重绘幅度，或换一种蒙版区域内容处理。',
  }),
  'sigma-range': ({ min, max }) => ({
    what: '这个调度没有余地',
    why: `它将从 ${max} 降到 ${min}。`,
    next: '请让 sigma-max 大于 sigma-min；0 为模型默认值。',
  }),
  'exact-steps': ({ strength, least }) => ({
    what: `重绘幅度 ${strength} 太小，无法精确执行步数`,
    why: '这些步数会是一个长达数万步的调度的末尾。',
    next: `请将重绘幅度设为 0，或不低于 ${least}，或关闭 exact-steps。`,
  }),
  'soft-sampler': ({ sampler }) => ({
    what: `${sampler} 不支持柔和重绘`,
    why: '它按时间步而不是噪声强度计算，蒙版保留的部分也会被重绘。',
    next: '请换一种采样方法（例如 Euler a），或关闭柔和重绘。',
  }),
  'mask-with-script': ({ script }) => ({
    what: `${script} 不接受蒙版`,
    why: '它会在图片周围生成自己的蒙版。',
    next: '请去掉蒙版，或先外扩再重绘结果。',
  }),
  'batch-with-script': ({ script, field }) => ({
    what: `${script} 每次只生成一张`,
    why: `${field} 大于 1。`,
    next: `请把 ${field} 设为 1，需要时再来一张。`,
  }),
  'result-too-large': ({ width, height, maxSide, megapixels }) => ({
    what: '结果会太大',
    why: `将达到 ${width}×${height}；上限为每边 ${maxSide} 像素、共 ${megapixels} 百万像素。`,
    next: '请减小外扩或放大的幅度，或从较小的图片开始。',
  }),
  'run-too-large': ({ script, width, height, megapixels }) => ({
    what: '图片对这个脚本来说太大',
    why: `${script} 要一次绘制 ${width}×${height}，上限为 ${megapixels.toFixed(1)} 百万像素。`,
    next: '请用分块绘制的“效果稍差的向外绘制”，或换一张较小的图片。',
  }),
  'tile-overlap': ({ field, overlap, width, height }) => ({
    what: '图块完全重叠',
    why: `${field} 为 ${overlap}，图块为 ${width}×${height}。`,
    next: `请减小 ${field}，或用 size 增大图块。`,
  }),
  'too-many-runs': ({ runs, limit }) => ({
    what: '一次编辑的工作量太大',
    why: `需要运行 ${runs} 次，上限为 ${limit} 次。`,
    next: '请用更大的图块、更少的重叠或更小的倍数。',
  }),
  'old-button': () => ({ what: '这个按钮太旧了', why: '它来自我以前的版本。', next: '请使用较新卡片上的按钮。' }),
  gone: () => ({ what: '已经不在了', why: '我这里没有它（或已不再保留）。', next: '请使用较新的卡片，或重新开始。' }),
  'not-yours': () => ({
    what: '这不由你决定',
    why: '只有所有者或管理员可以这样做。',
    next: '其他按钮都可以生成你自己的版本。',
  }),
  'not-a-manager': () => ({
    what: '这不由你决定',
    why: '规则由此处的管理员或机器人的运营者修改。',
    next: '请联系他们。',
  }),
  'not-your-edit': ({ by }) => ({
    what: `这是 @${by} 的任务`,
    why: '只有其本人或管理员可以取消。',
    next: '自己的任务可以用它卡片上的按钮或 /cancel 取消。',
  }),
  'head-moved': ({ current }) => ({
    what: '有人抢先了一步',
    why: `当前图片已是 #${current}。`,
    next: '请从那张图片再做一次，或把你的保留为分支。',
  }),
  locked: () => ({
    what: '这段历史已锁定',
    why: '只有所有者、锁定者或管理员可以继续推进。',
    next: '请新建自己的分支，或提出请求。',
  }),
  'being-edited': ({ by, seconds }) => ({
    what: `@${by} 正在处理这张图片（${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}）`,
    why: '你的修改先留在这里。',
    next: '可以在自己的分支上并行处理，或提出请求。',
  }),
  'vote-open': () => ({ what: '这件事已经在投票了', why: '', next: '请在那里表示同意。' }),
  'too-many-votes': ({ limit }) => ({
    what: '你发起的投票已经够多了',
    why: `你在这里还有 ${limit} 个投票没有结束。`,
    next: '请等其中一个结束；每个投票持续十分钟。',
  }),
  'vote-over': () => ({ what: '投票已结束', why: '', next: '如仍需要，请重新发起。' }),
  'branch-name': ({ given, why }) => ({
    what: why === 'too-many' ? '分支太多' : `分支不能叫“${given}”`,
    why:
      why === 'taken'
        ? '已有同名的分支。'
        : why === 'unsound'
          ? '名称须为 1 到 32 个字符。'
          : '这段历史放不下更多分支。',
    next: why === 'too-many' ? '请先删除一个。' : '请换一个名称。',
  }),
  'nothing-to-compare': () => ({
    what: '没有可对比的图片',
    why: '这不是两张不同的图片。',
    next: '请用编号指定两张：/compare 2 5。',
  }),
  'nothing-to-undo': () => ({ what: '没有可撤销的', why: '这是第一张图片。', next: '' }),
  'nothing-to-redo': () => ({ what: '没有可重做的', why: '这张之后没有图片。', next: '' }),
  'nothing-to-repeat': () => ({
    what: '没有可重复的',
    why: '这张图片是上传的，不是在这里生成的。',
    next: '请告诉我要改什么。',
  }),
  'too-late': () => ({ what: '来不及取消', why: '它已经完成。', next: '' }),
  'queue-full': ({ scope, limit, seconds }) => ({
    what: '队列已满',
    why:
      scope === 'user'
        ? `你已有 ${limit} 个任务在进行或排队。`
        : `${scope === 'server' ? '此处' : '总共'}已有 ${limit} 个任务在排队。`,
    next: seconds === null ? '等一个完成后再试。' : `大约 ${shortly(seconds)}后会有空位。`,
  }),
  quota: ({ seconds }) => ({
    what: '这一小时的额度已用完',
    why: '机器由大家平均分享。',
    next: `${shortly(seconds)}后可以继续。`,
  }),
  'missing-permissions': ({ permissions }) => ({
    what: '我不能在这里发送消息',
    why: `缺少权限：${permissions.join('、')}。`,
    next: '请管理员授予。',
  }),
  'forbidden-word': ({ word }) => ({
    what: '此处不允许使用这个词',
    why: `发现“${word}”。`,
    next: '换一种说法试试？',
  }),
  'bad-expression': ({ entry, position }) => ({
    what: '看不懂这个表达式',
    why: `${entry}，第 ${position + 1} 个字符。`,
    next: '可用普通字符和 . [ ] ( ) | * + ? {2,5}；不支持环视和反向引用。',
  }),
  nsfw: ({ isAllowedElsewhere }) => ({
    what: '此处不可以',
    why: '内容不适合公开场合。',
    next: isAllowedElsewhere ? '请到标记为 NSFW 的频道再试。' : '此处不生成此类内容。',
  }),
  banned: ({ why, isEverywhere }) => ({
    what: isEverywhere ? '你不能使用此机器人' : '你不能在此使用机器人',
    why: why ?? '这是管理员的决定。',
    next: '如有误会，请联系管理员。',
  }),
  'no-private-messages': () => ({
    what: '我无法给你发私信',
    why: '你还没有和我私聊过，或关闭了私信；在这里发送会被别人看到。',
    next: '请先和我开始私聊，再在那里使用此命令。',
  }),
  'channel-closed': ({ open }) => ({
    what: '我不在此处工作',
    why: '可以使用的地方由管理员设定。',
    next: open.length > 0 ? `可到 ${open.join('、')}。` : '',
  }),
  'no-threads': () => ({
    what: '此处没有图片子区',
    why: '只有 Discord 的频道才有子区。',
    next: '用回复同样可以把一张图片的各个版本串在一起。',
  }),
  'role-needed': () => ({
    what: '需要相应的身份组',
    why: '本服务器只允许部分身份组使用。',
    next: '请向管理员申请。',
  }),
  'foreign-source': () => ({
    what: '不能编辑这张图片',
    why: '此处只编辑你自己发送的图片和我生成的图片。',
    next: '如果是你的图片，请自己发送一次。',
  }),
  forgetting: () => ({
    what: '你已要求删除你的数据',
    why: '我还在删除与你有关的内容。',
    next: '删除完成后即可重新开始。',
  }),
  'under-review': () => ({
    what: '需先由管理员审核',
    why: '你的描述中有此处词表上的词。',
    next: '管理员放行后会自动继续。',
  }),
  'too-many-presets': ({ limit }) => ({
    what: '预设数量已满',
    why: `最多 ${limit} 个预设。`,
    next: '请先删除一个：/preset delete。',
  }),
  'no-checkpoint': ({ folder }) => ({
    what: '没有可用的模型',
    why: `${folder} 中没有模型，或没有工作进程在运行。`,
    next: '请告知机器人的维护者。',
  }),
  'weights-broken': ({ file, why }) => ({
    what: '模型文件已损坏',
    why: `${file}：${why}`,
    next: '请选择其他模型，并告知机器人的维护者。',
  }),
  'weights-unsupported': ({ file, why }) => ({
    what: '无法使用这个模型',
    why: `${file}：${why}`,
    next: '请选择其他模型。',
  }),
  'out-of-memory': ({ setting }) => ({ what: '内存不足，无法完成这次编辑', why: '', next: `请降低 ${setting}。` }),
  cancelled: () => ({ what: '已取消', why: '', next: '' }),
  'worker-lost': () => ({ what: '绘制它的机器两次中断', why: '', next: '请重试，不扣额度。' }),
  'storage-full': () => ({ what: '磁盘已满', why: '图片无法保存。', next: '请告知机器人的维护者。' }),
  internal: ({ ref }) => ({
    what: '我这边出了问题',
    why: '已经记录。',
    next: `请重试；如果仍然出现，请把 ${ref} 告诉机器人的维护者。`,
  }),
};

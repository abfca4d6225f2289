import type { Messages } from './catalogue.ts';
import { houseMessages } from './house.ts';
import { roomMessages } from './room.ts';

const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MB`;
const list = (names: readonly string[]) => names.map((name) => `“${name}”`).join('、');

export const zh: Messages = {
  refusals: {
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
      next: '白色部分会被重绘。如果你的蒙版相反，请加上 --mask-mode 重绘非蒙版内容。',
    }),
    'no-mask': () => ({
      what: '要重绘哪里？',
      why: '没有蒙版。',
      next: '请发送一张同样大小的黑白图作为蒙版：白色部分会被重绘。带透明部分的图片也可以。',
    }),
    'no-finder': ({ target }) => ({
      what: `我无法按名称找到“${target}”`,
      why: '这里没有安装按文字生成蒙版的模型。',
      next: '请指出位置：用蒙版（黑白图，白色部分会被重绘）回复这张图片，并再说一遍同样的话。',
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
    'bad-color': ({ given }) => ({
      what: `不认识颜色“${given}”`,
      why: '颜色写作 #rrggbb。',
      next: '白色是 #ffffff。',
    }),
    'bad-direction': ({ given }) => ({
      what: `无法朝“${given}”外扩`,
      why: '方向可写 left、right、up、down（左、右、上、下）。',
      next: '请写一个或多个，例如“left right”。',
    }),
    'bad-size': ({ given }) => ({
      what: `看不懂“${given}”`,
      why: '尺寸可写 src、768x512、2x、w832 或 h1216，最小 64 像素，不超过上限。',
      next: '写 src 可保持原尺寸。',
    }),
    'bad-option': ({ position, text, nearest }) => ({
      what: `没有“${text}”这个选项`,
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
      what: `找不到 ${kind}“${given}”`,
      why: '',
      next: nearest.length > 0 ? `相近的有：${list(nearest)}。` : '',
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
    'queue-full': ({ scope, limit }) => ({
      what: '队列已满',
      why:
        scope === 'user'
          ? `你已有 ${limit} 个任务在排队。`
          : `${scope === 'server' ? '此处' : '总共'}已有 ${limit} 个任务在排队。`,
      next: '等一个完成后再试。',
    }),
    quota: ({ seconds }) => ({
      what: '这一小时的额度已用完',
      why: '机器由大家平均分享。',
      next: `${seconds < 90 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分钟`}后可以继续。`,
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
      what: '此频道不可以',
      why: '内容不适合公开场合。',
      next: isAllowedElsewhere ? '请到标记为 NSFW 的频道再试。' : '本服务器不生成此类内容。',
    }),
    banned: ({ why, isEverywhere }) => ({
      what: isEverywhere ? '你不能使用此机器人' : '你不能在此使用机器人',
      why: why ?? '这是管理员的决定。',
      next: '如有误会，请联系管理员。',
    }),
    'channel-closed': ({ open }) => ({
      what: '我不在此频道工作',
      why: '可用频道由本服务器管理员设定。',
      next: open.length > 0 ? `可到 ${open.join('、')}。` : '',
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
      why: '你的描述中有本服务器词表上的词。',
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
  },
  buttons: {
    again: '再来一张',
    less: '幅度−',
    more: '幅度+',
    edit: '修改…',
    sameMask: '沿用蒙版',
    use: '使用这张',
    undo: '撤销',
    redo: '重做',
    settings: '参数',
    original: '原图',
    cancel: '取消',
    retry: '重试',
    change: '更换',
    useInfo: '使用这些参数',
    branch: '分支…',
    forgetBranch: '删除分支',
    history: '历史',
    compare: '对比',
    delete: '删除',
    show: '查看',
    furtherButtons: '⋯',
    confirm: '确定',
    dismiss: '不用了',
    savePreset: '存为预设',
    report: '举报',
    copyPreset: '复制预设',
    remindMe: '提醒我',
    smaller: '缩小至 ×0.75',
    onlyMasked: '仅蒙版区域',
    trySample: '试试示例',
    invertMask: '反选蒙版',
    back: '返回',
    pageBack: '上一页',
    pageOn: '下一页',
    thumbnails: '缩略图',
    applyOnHead: '应用到当前图片',
    keepAsBranch: '保留为分支',
  },
  operations: {
    source: '原始图片',
    edit: '图生图',
    inpaint: '局部重绘',
    outpaint: '外扩图片',
    upscale: '图片放大',
    again: '再来一张',
    less: '重绘幅度调低',
    more: '重绘幅度调高',
    'same mask': '沿用蒙版再画',
  },
  eta: (seconds) =>
    seconds > 600 ? `约 ${Math.round(seconds / 60)} 分钟` : `约 ${Math.max(1, Math.round(seconds))} 秒`,
  job: {
    queued: (place, eta) => `排队第 ${place} 位 · ${eta}`,
    waitsForWorker: '排队中 · 等待工作进程',
    preparing: '准备中',
    sampling: (step, steps) => `${step}/${steps}`,
    decoding: '解码中',
    uploading: '上传中',
    cancelled: (by) => `已由 @${by} 取消`,
  },
  picture: {
    numbers: (m) => [
      `重绘幅度 ${m.strength.toFixed(2)} · ${m.stepsRun === m.steps ? `${m.steps} 步` : `${m.steps} 步（实际 ${m.stepsRun} 步）`} · CFG ${m.cfg}`,
      `${m.sampler} · 种子 ${m.seed} · ${m.model} · ${m.size} · ${m.seconds} 秒`,
    ],
    from: (number) => `来自 #${number}`,
    maskBy: (name) => `蒙版：@${name}`,
    baseBy: (name) => `底图：@${name}`,
    by: (name) => `作者：@${name}`,
    head: (number) => `#${number} 是当前图片`,
    headIs: (number) => `当前图片仍是 #${number}`,
    branch: (name) => `在单独的分支“${name}”上`,
    clamped: (option, asked, given) => `${option} ${asked}→${given}（服务器上限）`,
    warnings: {
      'latent-upscale-strength': '重绘幅度低于 0.55 时，潜空间放大的结果会模糊。',
      'mask-alpha-repaints-nothing': '未开启柔和重绘时，蒙版透明度达到 50 就不会重绘，只会混入颜色。',
      'upscaler-none': '没有放大算法时放大倍数不起作用：请用 sd-upscaler 指定一种。',
    },
    lastOfYours: (number) => `来源：#${number}（你最近的图片）`,
    newestHere: (number) => `来源：#${number}（此处最新的图片）`,
    saidTwice: (options) => `${options} 以“其他参数”中的值为准。`,
    fullMask: '蒙版覆盖了整张图片，因此全部重绘。',
    firstOf: (count) => `图片 1/${count}。如果第二张是蒙版，请以“蒙版”开头。`,
    source: (number) => `来源：#${number}`,
    otherModel: (name) => `这里没有模型 ${name}，已改用其他模型。`,
    whichSource: '你指的是哪张图片？',
    pictureLost: '图片太大，无法在此发送。',
    description: (number, prompt) => (prompt ? `图片 #${number}：${prompt}` : `图片 #${number}`),
    preview: '目前的样子',
    received: '收到。',
    tellMe: '告诉我要改什么：直接写、回复图片，或按“修改…”。',
  },
  elsewhere: (head, node, parent) => ({
    title: `当前图片是 #${head}`,
    line: `这里说的是 #${node}。要退回到 #${parent} 吗？`,
  }),
  room: roomMessages.zh,
  house: houseMessages.zh,
  setHead: (number) => `退回到 #${number}`,
  settings: {
    title: (number) => `#${number} 的参数`,
    upload: '上传的图片，不含参数。',
    made: (at) => `生成于 ${at}`,
  },
  models: {
    title: (count) => `模型：${count} 个`,
    kinds: {
      ...{ checkpoint: '大模型', vae: 'VAE', 'vae-approx': '预览 VAE', lora: 'LoRA', embedding: '嵌入' },
      ...{ hypernetwork: '超网络', upscaler: '放大算法', sam: 'SAM', 'grounding-dino': 'GroundingDINO' },
    },
    more: (count) => `……还有 ${count} 个：请加上名称中的词，例如 /models anime。`,
    none: '这里没有这样的模型。',
  },
  original: (number) => `#${number} 的原图`,
  form: { title: (number) => `修改 #${number}`, advanced: '其他参数（键=值 …）' },
  queue: {
    title: (waiting, running, workers) => `队列：${waiting} 个排队 · ${running} 个进行中 · ${workers} 个工作进程`,
    yours: (place, eta, prompt) => `第 ${place} 位 · ${eta} · ${prompt}`,
    running: (prompt) => `进行中 · ${prompt}`,
    none: '你没有在排队的任务。',
  },
  help: {
    start: {
      title: 'Palimpsest 和你一起编辑图片',
      lines: [
        '1. 发送一张图片，并说明要变成什么样，例如“油画，温暖的光”。',
        '2. 回复结果可以继续修改，例如“+ 日落”，也可以用下面的按钮。',
        '3. 什么都不会丢失：撤销可以退回，每张图片都有自己的编号。',
      ],
    },
    edit: {
      title: '用文字编辑',
      lines: [
        '直接写的文字会替换提示词，并重绘整张图片。',
        '+ 温暖的光   追加到提示词',
        '反向: 模糊   替换反向提示词，+反向: 则为追加',
        '--strength 0.4 --seed 7   设置参数',
        '再来 · 更多 · 更少 · 撤销 · 重做   与按钮作用相同',
        '放大2倍 · 外扩左右128像素   从这张图片开始',
        '把帽子换成红色贝雷帽 · 去掉花瓶   需附上标出位置的蒙版',
        '重绘幅度决定变化多少：0.3 略改，0.75 大改。',
      ],
    },
    region: {
      title: '重绘局部',
      lines: [
        '发送图片和同样形状的蒙版：白色部分重绘，黑色部分保留。',
        '把蒙版作为对我的图片的回复发来，就用于那张图片。如果我把它当成了普通图片，请以“蒙版”开头。',
        '使用局部重绘命令时，图片的透明部分也可以作为蒙版。',
        '--area 仅蒙版区域 以完整尺寸绘制局部 · --mask-blur 8 柔化边缘 · --soft 开 平滑过渡',
        '--fill 填充、原版、潜空间噪声 或 空白潜空间 决定局部从什么开始画。',
      ],
    },
    buttons: {
      title: '图片下方的按钮',
      lines: [
        '再来一张：换一个种子 · 幅度−、幅度+：重绘幅度减或加 0.10，种子不变',
        '修改…：从这张图片开始，改文字和数值',
        '沿用蒙版：在这张图片上再次重绘同一部分',
        '撤销、重做：后退和前进 · 1 2 3 4：从多张中选一张',
        '参数：生成它的全部参数 · 原图：带参数的 PNG',
      ],
    },
    options: {
      title: '参数',
      lines: [
        '在文字中写作 --键 值，在 advanced 选项中写作 键=值。A1111 API 的名称也可以用。',
        '含空格的值放在“"”中。',
      ],
    },
  },
  moreHelp: (topics) => `更多：/help ${topics}`,
  hereIsHow: '命令：',
};

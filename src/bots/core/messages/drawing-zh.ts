import type { DrawingMessages } from './drawing.ts';

export const drawingZh: DrawingMessages = {
  mask: {
    title: (number, by) => `重绘 #${number} 的这一部分？ · 蒙版：@${by}`,
    removeTitle: (number, by) => `从 #${number} 中移除这一部分？ · 蒙版：@${by}`,
    area: (percent) => `红色部分会被重绘：占画面 ${percent}%。`,
    noWords: '还没有提示词：点“使用此蒙版”时会询问，也可以直接回复。',
    uses: {
      'inpaint sketch': '笔迹的颜色会被采用：笔迹及其周围少许会被重绘（涂鸦重绘）。',
      sketch: '整张涂鸦都会被重绘。',
    },
    description: (number, percent) => `图 #${number}，其中 ${percent}% 以红色标出`,
    softOn: '柔和重绘：开',
    softOff: '柔和重绘：关',
    isSketch: '这是涂鸦',
    isMask: '这是蒙版',
    combineTitle: '与之前的蒙版怎样合并？',
    combinations: { union: '∪ 并集', intersect: '∩ 交集', subtract: '− 减去', xor: '⊕ 异或' },
    promptTitle: (number) => `重绘 #${number} 的一部分`,
    kept: '已保留为你在此处下一次局部重绘的蒙版，30 分钟内有效。',
    keptSketch: '已保留为你在此处下一次涂鸦的画稿，30 分钟内有效。',
  },
  remove: {
    what: (target) => `移除：${target}`,
    prompt: (before, after) => `提示词：“${before}” → “${after}”`,
    title: (number) => `从 #${number} 中移除`,
    target: '要移除什么？（一两个词）',
    how: [
      '保存图片，用手机或聊天软件自带的画笔以红色圈出它，再回复原图发送，并写“去掉花瓶”。',
      '附上黑白蒙版并写同样的话也可以。',
    ],
  },
  newPicture: {
    title: '这看起来是另一张图',
    line: '与原图差别太大，不像是在副本上涂画的。它是新图片，还是画在另一张图上的？',
    pick: '选择原图',
    which: '你是在哪张图上画的？',
  },
  region: {
    title: (number) => `重绘 #${number} 的哪一部分？`,
    lines: [
      '直接画：保存图片，用较粗的红笔标出要改的部分，再回复原图发送，并写上提示词。画圈会选中圈内。其他颜色会当作涂鸦。',
      '蒙版：回复原图，附上同样形状的黑白图；白色部分会被重绘。',
    ],
    painting: [
      '直接在这里涂抹要改的部分，再写上要画什么。',
      '也可以把画过的副本拖到图片上：红圈会选中圈内，其他颜色当作涂鸦。拖入黑白蒙版也行，白色部分会被重绘。',
    ],
  },
  outpaint: {
    title: (number, by) => `外扩 #${number} · @${by}`,
    size: (before, after, passes) => `${before} → ${after}${passes > 1 ? ` · 分 ${passes} 次` : ''}`,
    nothing: '请选择一个或多个方向。',
    methods: {
      'outpainting mk2': '第二版 mk2',
      "poor man's outpainting": '简易外扩',
      'mosaic outpaint': '马赛克外扩',
    },
    promptTitle: (number) => `#${number} 的周围是什么？`,
    prompt: '提示词…',
    go: '开始',
    description: (size) => `放进新画框的图片，${size}；棋盘格表示将要绘制的部分`,
    preset: '预设',
    presetNote: '预设：左右各 128 像素，模糊 16，衰减 0.6，Restart，SGM Uniform，重绘幅度 0.8',
  },
  upscale: {
    title: (number) => `放大 #${number}`,
    lines: ['图生图以两倍尺寸重绘整张图（重绘幅度 0.3）；SD 放大则分块重绘。', 'Lanczos 和最近邻只放大，不重绘。'],
    ways: { img2img: '2× 图生图', sd: '2× SD 放大', lanczos: '2× Lanczos', nearest: '2× 最近邻', custom: '自定义…' },
    form: (number) => `放大 #${number}`,
    factor: '倍数（1 到 4）',
    set: (strength) => `设为 ${strength}`,
  },
  sheet: {
    title: '还没有可以涂画的图片',
    lines: ['请发送画好的图片，或者拿一张白纸：在上面涂画后回复它并附上你的画。'],
    posted: '请在上面涂画，然后回复它并附上画稿和提示词。',
  },
};

import type { Label } from '../../../edit/choices.ts';
import { presetFlows } from '../../../edit/presets.ts';
import type { Command, OwnOption, Subcommand, SubcommandGroup } from '../command.ts';

const word = (
  name: string,
  about: Label,
  more: Pick<OwnOption, 'required' | 'byName'> & { readonly maxLength?: number } = {},
) => ({ kind: 'text', name, about, maxLength: 100, ...more }) as const satisfies OwnOption;
const choice = (name: string, about: Label, values: readonly (readonly [string, string])[], required = false) =>
  ({
    ...{ kind: 'choice', name, about, required },
    choices: values.map(([value, zh]) => ({ value, label: { en: value, zh } })),
  }) as const satisfies OwnOption;
const sub = (name: string, nameZh: string, about: Label, options: readonly OwnOption[] = []): Subcommand => ({
  ...{ name, nameZh, about, options },
});
const group = (name: string, nameZh: string, about: Label, subcommands: readonly Subcommand[]): SubcommandGroup => ({
  ...{ name, nameZh, about, subcommands },
});

const anyName = word('name', { en: 'Name', zh: '名称' }, { required: true, maxLength: 64 });
const named = { ...anyName, suggests: 'preset' } as const;
const setting = { ...anyName, suggests: 'setting' } as const;
const value = word('value', { en: 'Value', zh: '值' }, { required: true, maxLength: 500 });
const flowZh = ['全部', '编辑', '局部重绘', '涂鸦', '外扩', '放大', '细节', '移除'] as const;
const flow = choice(
  'flow',
  { en: 'For which kind of edit', zh: '用于哪种编辑' },
  presetFlows.map((known, at) => [known, flowZh[at] ?? known] as const),
);
const scope = {
  ...choice('scope', { en: 'Where it holds', zh: '生效范围' }, [
    ['server', '服务器'],
    ['channel', '频道'],
    ['all', '全部服务器'],
  ]),
  byName: true, // a name may end in such a word
} as const satisfies OwnOption;
/** Of this server, or of all of them, for operators. */
const reach = choice('scope', { en: 'Of which servers', zh: '范围' }, [
  ['server', '服务器'],
  ['all', '全部服务器'],
]);
const around = [
  word('prefix', { en: 'Words before every prompt', zh: '每个提示词前的文字' }, { maxLength: 500, byName: true }),
  word('suffix', { en: 'Words after every prompt', zh: '每个提示词后的文字' }, { maxLength: 500, byName: true }),
];
const onOff = choice(
  'state',
  { en: 'On or off', zh: '开或关' },
  [
    ['on', '开'],
    ['off', '关'],
  ],
  true,
);
const person = { kind: 'person', name: 'user', about: { en: 'Who', zh: '用户' }, required: true } as const;

const serverParts: readonly SubcommandGroup[] = [
  group('preset', '预设', { en: 'Presets for everybody here', zh: '此处共用的预设' }, [
    sub('save', '保存', { en: 'Save the settings of your last picture here', zh: '保存你最近一张图片的参数' }, [
      ...[named, scope, ...around],
    ]),
    sub('delete', '删除', { en: 'Delete one', zh: '删除预设' }, [named, scope]),
    sub('default', '默认', { en: 'What counts without being named; - for none', zh: '设为默认；- 表示取消' }, [
      ...[named, flow, scope],
    ]),
  ]),
  group('limits', '上限', { en: 'What is allowed here', zh: '此处的上限' }, [
    sub('set', '设置', { en: 'Change a limit', zh: '修改上限' }, [setting, value, scope]),
    sub('reset', '重置', { en: 'Back to what holds above', zh: '恢复上级设置' }, [setting, scope]),
    sub('show', '查看', { en: 'Show all of them', zh: '查看全部' }),
  ]),
  group('channel', '频道', { en: 'Where I work', zh: '可用频道' }, [
    sub('allow', '允许', { en: 'I work in this channel', zh: '允许在此频道使用' }),
    sub('deny', '禁止', { en: 'I do not work in this channel', zh: '禁止在此频道使用' }),
    sub('set', '默认', { en: 'What holds for channels nobody named', zh: '未指定频道的默认规则' }, [
      choice(
        'rule',
        { en: 'Rule', zh: '规则' },
        [
          ['allow', '允许'],
          ['deny', '禁止'],
        ],
        true,
      ),
    ]),
  ]),
  group('words', '词表', { en: 'Words that are looked for', zh: '词语过滤' }, [
    sub('add', '添加', { en: 'Add a word, word* or /expression/', zh: '添加词语、word* 或 /表达式/' }, [
      word('entry', { en: 'Entry', zh: '词条' }, { required: true }),
      choice('level', { en: 'What happens', zh: '处理方式' }, [
        ['block', '拦截'],
        ['replace', '替换'],
        ['review', '审核'],
        ['nsfw', 'NSFW'],
      ]),
      word('replacement', { en: 'What stands in its place', zh: '替换为' }),
    ]),
    sub('remove', '移除', { en: 'Remove an entry', zh: '移除词条' }, [
      word('entry', { en: 'Entry', zh: '词条' }, { required: true }),
    ]),
    sub('list', '列表', { en: 'Show the list', zh: '查看词表' }),
    sub('test', '测试', { en: 'What the list finds in a text', zh: '测试一段文字' }, [
      word('text', { en: 'Text', zh: '文字' }, { required: true, maxLength: 1000 }),
    ]),
  ]),
  group('user', '用户', { en: 'One person', zh: '单个用户' }, [
    sub('ban', '封禁', { en: 'They may not use me here', zh: '禁止其使用' }, [
      person,
      word('reason', { en: 'Said to them', zh: '原因（会告知对方）' }, { maxLength: 200 }),
    ]),
    sub('unban', '解封', { en: 'They may again', zh: '解除封禁' }, [person]),
    sub('quota', '额度', { en: 'Credits an hour; 0 as for everybody', zh: '每小时额度；0 为默认' }, [
      person,
      {
        ...{ kind: 'integer', name: 'credits', min: 0, max: 100_000, required: true },
        about: { en: 'Credits', zh: '额度' },
      },
    ]),
  ]),
  group('policy', '协作', { en: 'How people work together in this channel', zh: '此频道的协作方式' }, [
    sub('set', '设置', { en: 'Who moves new pictures on', zh: '谁可以推进新的图片' }, [
      choice(
        'policy',
        { en: 'Who', zh: '谁' },
        [
          ['anyone', '任何人'],
          ['collaborators', '受邀者'],
          ['owner', '仅所有者'],
        ],
        true,
      ),
    ]),
    sub(
      'vote',
      '投票',
      { en: 'Whether stepping back, deleting and locking take a vote', zh: '撤销、删除和锁定是否需要投票' },
      [onOff],
    ),
    sub('threads', '子区', { en: 'Whether new pictures get a thread of their own', zh: '新的图片是否各开一个子区' }, [
      onOff,
    ]),
    sub('authors', '署名', { en: 'Whether pictures name who made them', zh: '图片信息中是否署名' }, [onOff]),
  ]),
  group('queue', '队列', { en: 'The queue here', zh: '此处的队列' }, [
    sub('pause', '暂停', { en: 'Nothing new is begun', zh: '暂停派发' }, [reach]),
    sub('resume', '继续', { en: 'Go on', zh: '恢复派发' }, [reach]),
    sub('clear', '清空', { en: 'Cancel everything that waits', zh: '取消所有排队任务' }, [reach]),
    sub('list', '列表', { en: 'Who waits, and what it costs', zh: '查看排队用户与消耗' }, [reach]),
  ]),
];

/** Commands about the rules of the house, as data. */
export const houseCommands = {
  settings: {
    name: 'settings',
    nameZh: '设置',
    about: { en: 'Your own defaults', zh: '你的默认设置' },
    options: [],
    subcommands: [
      sub('show', '查看', { en: 'Every value, and where it comes from', zh: '查看所有值及其来源' }),
      sub('set', '修改', { en: 'Choose a value', zh: '修改一项' }, [setting, value]),
      sub('reset', '重置', { en: 'Follow what holds here again', zh: '恢复跟随此处的默认' }, [setting]),
    ],
  },
  preset: {
    name: 'preset',
    nameZh: '预设',
    about: { en: 'Settings under a name', zh: '命名的参数组合' },
    options: [],
    subcommands: [
      sub('save', '保存', { en: 'Save the settings of your last picture', zh: '保存你最近一张图片的参数' }, [
        anyName,
        word(
          'from',
          { en: 'Link to a message with the picture', zh: '含图片的消息链接' },
          { maxLength: 200, byName: true },
        ),
        ...around,
      ]),
      sub('use', '使用', { en: 'Make it count from now on', zh: '从现在起使用' }, [named]),
      sub('list', '列表', { en: 'All you can use here', zh: '查看可用预设' }),
      sub('show', '查看', { en: 'What is in it', zh: '查看内容' }, [named]),
      sub('delete', '删除', { en: 'Delete one of yours', zh: '删除你的预设' }, [named]),
      sub('share', '分享', { en: 'Post it here for others to copy', zh: '发布到此处供他人复制' }, [named]),
      sub('default', '默认', { en: 'What counts without being named; - for none', zh: '设为默认；- 表示取消' }, [
        named,
        flow,
      ]),
    ],
  },
  privacy: {
    name: 'privacy',
    nameZh: '隐私',
    about: { en: 'What I keep about you', zh: '我保存的与你有关的内容' },
    options: [],
    subcommands: [
      sub('show', '查看', { en: 'What is stored', zh: '查看已保存的内容' }),
      sub('export', '导出', { en: 'All of it, as a ZIP in private', zh: '以 ZIP 私信发送全部内容' }),
      sub('forget-me', '注销', { en: 'Delete everything', zh: '删除全部数据' }),
      sub('retention', '保留时间', { en: 'Days your results are kept', zh: '结果保留天数' }, [
        { ...{ kind: 'integer', name: 'days', min: 1, max: 90, required: true }, about: { en: 'Days', zh: '天数' } },
      ]),
    ],
  },
  server: {
    name: 'server',
    nameZh: '服务器',
    about: { en: 'Rules of this server or group', zh: '本服务器或群组的规则' },
    options: [],
    managers: true,
    subcommands: [
      ...serverParts,
      sub(
        'log',
        '日志',
        { en: 'Moderators’ notices go to this channel; off for none', zh: '管理通知发送到此频道；off 关闭' },
        [
          choice('here', { en: 'Here or nowhere', zh: '此处或关闭' }, [
            ['here', '此处'],
            ['off', '关闭'],
          ]),
        ],
      ),
      sub('audit', '记录', { en: 'Who changed what lately', zh: '最近的修改记录' }),
    ],
  },
} as const satisfies Record<string, Command>;

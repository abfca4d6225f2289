import { describe, expect, test } from 'vitest';
import { registeredCommands } from '../../../src/bots/discord/commands.ts';
import { inTraditional } from '../../../src/bots/discord/traditional.ts';

/** Characters of our commands that are written alike in both; whoever adds a character to a command looks it up and adds it here or there. */
const alike =
  '四周左右精行各受者投票是否需署目高一上下不中主之二交享人他代以任位低件住何作你使供保修倍值做停像允充克入全共其出分列到前剪副化原去及反取另只可史合名向含告命和哪器噪回因在型域填外多大天好如子字存定容寸封小尺局展嵌差己已幅度式引彩恢息成我或截所批找把拓指按排推提收改放效整文新方日明最有服期未本果某柔校核模次止正此步段每比法派消清源滑片版物理生用留白的看知示禁私移稍稿空第算管糊素置群耗自色草表衰被裁要解起越跟身近退送透通道邀部重量限除集非黑';

function chinese(): readonly { readonly 'zh-CN': string; readonly 'zh-TW': string }[] {
  const found: { 'zh-CN': string; 'zh-TW': string }[] = [];
  JSON.stringify(registeredCommands(), (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'zh-CN' in value) found.push(value as (typeof found)[number]);
    return value;
  });
  return found;
}

describe('Traditional Chinese', () => {
  test('has the words of Taiwan where they differ, and its characters elsewhere', () => {
    expect(inTraditional('重绘蒙版盖住的部分')).toBe('重繪遮罩蓋住的部分');
    expect(inTraditional('预设')).toBe('預設集');
    expect(inTraditional('默认')).toBe('預設');
    expect(inTraditional('查看队列与排队位置')).toBe('檢視佇列與排隊位置');
    expect(inTraditional('各开一个子区')).toBe('各開一個討論串');
    expect(inTraditional('/server limits 2x src')).toBe('/server limits 2x src');
  });

  test('covers every character of the commands, each of which somebody has looked up', () => {
    const written = (text: string) => [...text].filter((character) => /\p{Script=Han}/u.test(character));
    const kept = chinese().flatMap(({ 'zh-CN': simplified, 'zh-TW': traditional }) =>
      written(simplified).filter((character) => traditional.includes(character)),
    );
    const unknown = kept.filter((character) => inTraditional(character) === character && !alike.includes(character));
    expect(unknown.join('')).toBe('');
  });

  test('names no two commands, parts or choices beside each other alike', () => {
    const siblings = (list: readonly unknown[]): void => {
      const names = list.map((one) => (one as { name_localizations?: Record<string, string> }).name_localizations);
      const named = names.flatMap((name) => (name ? [name['zh-TW']] : []));
      expect(new Set(named).size).toBe(named.length);
      for (const one of list) {
        const { options = [], choices = [] } = one as { options?: unknown[]; choices?: unknown[] };
        siblings(options);
        siblings(choices);
      }
    };
    siblings(registeredCommands());
  });
});

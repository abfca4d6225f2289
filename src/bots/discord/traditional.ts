/** Words Taiwan has other words for, Simplified first; a word that is part of another stands after it. */
const words: readonly (readonly [string, string])[] = [
  ['异或', '互斥或'],
  ['并集', '聯集'],
  ['并排', '並排'],
  ['合并', '合併'],
  ['信息', '資訊'],
  ['消息', '訊息'],
  ['私信', '私訊'],
  ['链接', '連結'],
  ['默认', '預設'],
  ['预设', '預設集'],
  ['服务器', '伺服器'],
  ['单个用户', '單一使用者'],
  ['用户', '使用者'],
  ['身份组', '身分組'],
  ['队列', '佇列'],
  ['列表', '清單'],
  ['设置', '設定'],
  ['重置', '重設'],
  ['算法', '演算法'],
  ['随机数', '亂數'],
  ['采样', '取樣'],
  ['调度', '排程'],
  ['脚本', '指令碼'],
  ['导出', '匯出'],
  ['添加', '新增'],
  ['查看', '檢視'],
  ['保存', '儲存'],
  ['数据', '資料'],
  ['发送', '傳送'],
  ['发布', '發佈'],
  ['撤销', '復原'],
  ['恢复', '恢復'],
  ['复制', '複製'],
  ['蒙版', '遮罩'],
  ['识别', '辨識'],
  ['封禁', '封鎖'],
  ['范围', '範圍'],
  ['系数', '係數'],
  ['匹配', '符合'],
  ['替换', '取代'],
  ['注销', '註銷'],
  ['绘制', '繪製'],
  ['迭代', '疊代'],
  ['当前', '目前'],
  ['帮助', '說明'],
  ['表达式', '運算式'],
  ['子区', '討論串'],
];

/** Characters that are written otherwise, each followed by how; only those of which there is one way in our words. */
const characters =
  '协協锁鎖开開标標宽寬与與两兩个個为為于於仅僅从從会會传傳体體关關内內减減则則删刪务務动動区區单單历歷参參发發变變叠疊号號后後图圖块塊' +
  '声聲处處审審对對导導并並异異张張录錄志誌扩擴拦攔数數无無时時暂暫条條来來树樹测測涂塗滤濾潜潛状狀现現画畫盖蓋种種' +
  '称稱笔筆类類级級组組细細结結绘繪继繼续續编編缘緣缩縮节節补補见見规規记記许許设設词詞试試语語请請读讀谁誰调調负負' +
  '确確执執赛賽辑輯边邊过過进進迹跡邻鄰键鍵闭閉间間队隊随隨隐隱页頁项項预預频頻题題颜顏额額马馬鸦鴉';

const written: ReadonlyMap<string, string> = new Map(
  [...characters].flatMap((one, at, all) => (at % 2 === 0 ? [[one, all[at + 1]!] as const] : [])),
);

/** A text of ours in Traditional Chinese, as Taiwan writes it. @param simplified  our own words: names and the like are left alone nowhere */
export function inTraditional(simplified: string): string {
  let text = simplified;
  for (const [from, to] of words) text = text.replaceAll(from, to);
  return [...text].map((one) => written.get(one) ?? one).join('');
}

/** The page's frame, and the messages. */
export const chatStyle = `
.app { height: 100dvh; display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) auto; }
.top { grid-column: 1 / -1; display: flex; align-items: center; gap: 10px; height: 52px; padding: 0 14px 0 18px; border-bottom: 1px solid var(--line); background: var(--surface); position: relative; z-index: 5; }
.top h1 { font-size: 16px; font-weight: 650; letter-spacing: -.01em; }
.status { margin-left: 6px; padding: 1px 9px; border-radius: 99px; font-size: 12.5px; background: var(--danger-soft); color: var(--danger); }
.menu { position: relative; }
.menu summary { list-style: none; }
.menu summary::-webkit-details-marker { display: none; }
.menu-body { position: absolute; right: 0; top: 44px; width: 260px; padding: 14px; display: grid; gap: 12px; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow-high); }
.menu-item { display: grid; gap: 4px; font-size: 13px; color: var(--muted); }
.menu-item input, .menu-item select { color: var(--text); font-size: 14px; }
.tool { display: grid; place-items: center; width: 38px; height: 38px; border-radius: 10px; color: var(--muted); flex: none; cursor: pointer; }
.tool:hover { background: var(--sunken); color: var(--text); }
.middle { grid-column: 1; display: grid; grid-template-rows: minmax(0, 1fr) auto; min-height: 0; }
.transcript { position: relative; min-height: 0; }
.scroll { height: 100%; overflow-y: auto; overscroll-behavior: contain; scrollbar-gutter: stable both-edges; }
.column { width: 100%; max-width: 760px; margin: 0 auto; padding: 0 16px; }
.scroll > .column { padding-top: 20px; padding-bottom: 20px; }
.earlier { display: block; margin: 0 auto 16px; }
.messages { display: flex; flex-direction: column; gap: 18px; }
.message { display: flex; flex-direction: column; align-items: flex-start; min-width: 0; border-radius: var(--radius); animation: arrive .18s ease-out; }
.message.from-me, .message.pending { align-items: flex-end; }
.message.flash .card, .message.flash .bubble { box-shadow: 0 0 0 3px var(--accent); }
@keyframes arrive { from { opacity: 0; transform: translateY(6px); } }
.bubble { max-width: min(82%, 560px); padding: 10px 14px; border-radius: 18px 18px 18px 5px; background: var(--surface); border: 1px solid var(--line); display: grid; gap: 8px; transition: box-shadow .2s; }
.bubble.own { background: var(--accent-soft); border-color: transparent; border-radius: 18px 18px 5px 18px; }
.bubble .chips .chip { background: var(--surface); }
.bubble.own .chips { justify-content: flex-end; }
.speaker { font-size: 12.5px; font-weight: 600; color: var(--muted); }
.said { white-space: pre-wrap; overflow-wrap: anywhere; }
.flag { white-space: nowrap; opacity: .72; }
.pending .bubble { opacity: .65; }
.pending-note { font-size: 12.5px; color: var(--muted); margin-top: 4px; }
.sent-files { display: flex; flex-wrap: wrap; gap: 6px; margin: -2px -6px 0; }
.sent-file { position: relative; border-radius: 12px; overflow: hidden; background: var(--sunken); }
.sent-file img { display: block; max-width: 100%; max-height: 240px; min-height: 72px; object-fit: contain; }
.sent-file figcaption { position: absolute; left: 6px; bottom: 6px; padding: 0 8px; border-radius: 99px; font-size: 12px; color: #fff; background: rgb(0 0 0 / .62); }
.nameless { display: flex; align-items: center; gap: 8px; padding: 10px 14px; font-size: 13.5px; }
.quote { display: flex; align-items: center; gap: 5px; margin: 0 6px 5px; max-width: 100%; color: var(--muted); font-size: 12.5px; border-radius: 5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.quote .icon { width: 13px; height: 13px; transform: scaleX(-1); }
.quote:hover { color: var(--text); }
.card { width: 100%; max-width: 620px; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); overflow: hidden; box-shadow: var(--shadow); transition: box-shadow .2s; }
.card-body { padding: 12px 16px 14px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
.gallery { position: relative; display: grid; gap: 2px; background: var(--sunken); }
.gallery[data-count="2"], .gallery[data-count="3"], .gallery[data-count="4"] { grid-template-columns: 1fr 1fr; }
.frame { position: relative; display: grid; place-items: center; min-width: 0; min-height: 0; cursor: zoom-in; }
.frame:focus-visible { outline-offset: -3px; }
.frame img { display: block; max-width: 100%; max-height: min(62vh, 620px); object-fit: contain; }
.gallery[data-count="1"] .frame img { min-width: min(100%, 320px); }
.paint { position: absolute; right: 10px; top: 10px; display: grid; place-items: center; width: 38px; height: 38px; border-radius: 12px; color: #fff; background: rgb(0 0 0 / .55); opacity: 0; transition: opacity .12s; }
.gallery:hover .paint, .paint:focus-visible { opacity: 1; }
.paint:hover { background: rgb(0 0 0 / .8); }
@media (hover: none) { .paint { opacity: 1; } }
.gallery:not([data-count="1"]) .frame img { width: 100%; max-height: none; }
.tile-number { position: absolute; left: 8px; top: 8px; min-width: 24px; height: 24px; line-height: 24px; padding: 0 6px; border-radius: 99px; text-align: center; font-size: 12.5px; font-weight: 600; color: #fff; background: rgb(0 0 0 / .6); }
.lost { padding: 40px 20px; color: var(--muted); font-size: 13.5px; }
.gallery.spoiler img { filter: blur(36px); }
.cover { position: absolute; inset: 0; display: grid; place-items: center; font-weight: 600; color: #fff; background: rgb(0 0 0 / .35); }
.gallery.drop-target { outline: 3px solid var(--accent); outline-offset: -3px; }
.gallery.drop-target img { opacity: .55; }
.card-head { display: flex; align-items: center; gap: 8px; min-height: 26px; }
.number { padding: 0 8px; border-radius: 7px; background: var(--accent-soft); color: var(--accent-text); font-weight: 650; font-size: 13.5px; line-height: 24px; font-variant-numeric: tabular-nums; }
.provenance, .card-head time { color: var(--muted); font-size: 13px; }
.provenance { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.title { font-weight: 600; overflow-wrap: anywhere; }
.card-head time { flex: none; font-variant-numeric: tabular-nums; }
.reply { margin: -4px -8px -4px -4px; }
.lines { display: grid; grid-template-columns: minmax(0, 1fr); gap: 3px; overflow-wrap: anywhere; }
.lines:empty { display: none; }
.prompt { font-size: 16px; line-height: 1.45; margin-bottom: 2px; }
.fact { color: var(--muted); font-size: 13px; line-height: 1.45; font-variant-numeric: tabular-nums; }
.line { white-space: pre-wrap; }
.line:has(.drawn) { display: flex; align-items: baseline; }
.drawn { flex: none; font-family: var(--mono); white-space: pre; color: var(--muted); }
.usage { font-size: 14px; display: grid; grid-template-columns: minmax(104px, auto) minmax(0, 1fr); gap: 0 12px; align-items: baseline; }
.usage span { color: var(--muted); }
.block { margin: 0; overflow-x: auto; font-family: var(--mono); font-size: 13px; white-space: pre; }
.tone-plain .line { font-size: 14px; }
.line.chosen { text-align: left; padding: 2px 8px; margin: 0 -8px; border-radius: 7px; font-variant-numeric: tabular-nums; cursor: pointer; }
.line.chosen:hover, .line.chosen:focus-visible { background: var(--accent-soft); color: var(--accent-text); }
.rows { display: grid; gap: 4px; margin: 2px -4px -4px; }
.row { display: flex; flex-wrap: wrap; gap: 5px; align-items: center; }
.card-menu { flex-basis: 100%; display: flex; flex-wrap: wrap; gap: 5px; padding: 6px; margin-top: 3px; background: var(--sunken); border-radius: 12px; animation: arrive .12s ease-out; }
.card-menu .action { background: none; font-weight: 500; }
.card-menu .action:hover:not(:disabled) { background: var(--line); }
.row-label { color: var(--muted); font-size: 13px; padding: 0 3px 0 4px; }
.progress { display: grid; gap: 5px; }
.bar { height: 6px; border-radius: 99px; background: var(--sunken); overflow: hidden; }
.bar-fill { height: 100%; width: 0; border-radius: 99px; background: var(--accent); transition: width .35s ease-out; }
.bar.indeterminate .bar-fill { width: 30%; animation: sweep 1.6s ease-in-out infinite; }
@keyframes sweep { from { transform: translateX(-110%); } to { transform: translateX(340%); } }
.bar-says { font-size: 13px; color: var(--muted); font-variant-numeric: tabular-nums; }
.bar-says:empty { display: none; }
.bar-says strong { color: var(--text); font-weight: 600; }
.tone-busy .prompt { font-size: 15px; }
.tone-busy .title { font-weight: 500; color: var(--muted); font-size: 13.5px; }
.tone-warning { border-color: color-mix(in srgb, var(--danger) 35%, var(--line)); }
.tone-warning .title { color: var(--danger); }
.card.private { border-style: dashed; box-shadow: none; }
.only-you { display: flex; gap: 10px; font-size: 12.5px; color: var(--muted); border-top: 1px solid var(--line); margin: 4px -16px 0; padding: 9px 16px 0; }
.download { display: inline-flex; align-items: center; gap: 6px; color: var(--accent-text); font-weight: 550; font-size: 14px; text-decoration: none; width: fit-content; max-width: 100%; overflow-wrap: anywhere; }
.download:hover { text-decoration: underline; }
.download .icon { width: 16px; height: 16px; }
.latest { position: absolute; bottom: 12px; left: 50%; transform: translateX(-50%); display: flex; align-items: center; gap: 5px; padding: 5px 14px 5px 10px; border-radius: 99px; background: var(--surface); border: 1px solid var(--line); box-shadow: var(--shadow-high); font-size: 13.5px; font-weight: 550; }
.latest .icon { width: 16px; height: 16px; }
.hero { min-height: calc(100dvh - 240px); display: flex; flex-direction: column; align-items: center; justify-content: center; text-align: center; gap: 10px; padding: 24px 0; }
.hero h2 { font-size: clamp(24px, 5vw, 32px); font-weight: 650; letter-spacing: -.02em; line-height: 1.2; }
.hero > p { color: var(--muted); max-width: 420px; margin-bottom: 10px; font-size: 16px; text-wrap: balance; word-break: keep-all; overflow-wrap: anywhere; }
.hero .action { min-height: 42px; padding: 0 18px; font-size: 15px; }
.hero-mark { position: relative; width: 108px; height: 84px; margin-bottom: 14px; }
.hero-mark i { position: absolute; width: 62px; height: 62px; border-radius: 15px; border: 1.5px solid var(--accent); background: var(--accent-soft); }
.hero-mark i:nth-child(1) { left: 0; top: 22px; opacity: .35; }
.hero-mark i:nth-child(2) { left: 23px; top: 11px; opacity: .65; }
.hero-mark i:nth-child(3) { left: 46px; top: 0; background: var(--accent); }
.hero-hints { margin-top: 26px; display: grid; gap: 8px; text-align: left; font-size: 14px; color: var(--muted); }
.hero-hints li { display: grid; grid-template-columns: minmax(0, 200px) minmax(0, 1fr); gap: 14px; align-items: baseline; }
.hero-hints code { justify-self: end; padding: 2px 8px; border-radius: 6px; background: var(--sunken); color: var(--text); }
@media (max-width: 600px) {
  .column { padding: 0 10px; }
  .top { padding: 0 8px 0 12px; }
  .bubble { max-width: 90%; }
  .scroll { scrollbar-gutter: auto; }
  .scroll > .column { padding-top: 12px; }
  .card-body { padding: 10px 12px 12px; }
  .only-you { margin-inline: -12px; padding-inline: 12px; }
  .row { gap: 4px; }
  .row .action { padding: 0 9px; font-size: 13px; gap: 5px; }
  .row .action.quiet { padding: 0 7px; }
  .hero-hints li { grid-template-columns: 1fr; gap: 2px; text-align: center; }
  .hero-hints code { justify-self: center; }
}
`;

/** Where messages are written, and the panel of parameters beside it. */
export const composerStyle = `
.composer { position: relative; padding-bottom: max(14px, env(safe-area-inset-bottom)); }
.composer .column { position: relative; padding: 0 16px; }
.box { border: 1px solid var(--line); border-radius: 18px; background: var(--surface); box-shadow: var(--shadow); transition: border-color .12s; }
.box:focus-within { border-color: var(--accent); }
.box-row { display: flex; align-items: flex-end; gap: 2px; padding: 6px; }
.box textarea { flex: 1; border: 0; background: none; resize: none; padding: 8px 6px; max-height: min(40vh, 240px); line-height: 22px; border-radius: 8px; }
.box textarea:focus-visible { outline: none; }
.tool.send { background: var(--accent); color: var(--on-accent); margin-left: 4px; }
.tool.send:hover:not(:disabled) { background: var(--accent-strong); color: var(--on-accent); }
.tool.send:disabled { background: var(--sunken); color: var(--muted); }
.tool.send .icon { stroke-width: 2.2; }
.reply-banner { display: flex; align-items: center; gap: 9px; padding: 7px 8px 7px 12px; border-bottom: 1px solid var(--line); font-size: 13.5px; color: var(--muted); }
.reply-banner span { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.reply-banner strong { color: var(--text); font-weight: 600; }
.reply-banner img { width: 34px; height: 34px; object-fit: cover; border-radius: 7px; background: var(--sunken); }
.tray { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px 12px 2px; }
.held { position: relative; width: 92px; height: 92px; border-radius: 12px; overflow: hidden; background: var(--sunken); }
.held img { width: 100%; height: 100%; object-fit: cover; display: block; }
.held.mask img { object-fit: contain; }
.held .role { position: absolute; left: 5px; bottom: 5px; padding: 0 8px; border-radius: 99px; font-size: 12px; line-height: 21px; color: #fff; background: rgb(0 0 0 / .62); }
.held.mask .role { background: var(--accent); }
.held .role:hover { background: rgb(0 0 0 / .85); }
.held .drop { position: absolute; right: 5px; top: 5px; width: 24px; height: 24px; display: grid; place-items: center; border-radius: 99px; color: #fff; background: rgb(0 0 0 / .62); }
.held .drop:hover { background: rgb(0 0 0 / .85); }
.held .drop .icon { width: 13px; height: 13px; stroke-width: 2.4; }
.mask-slot { width: 92px; height: 92px; display: grid; place-content: center; justify-items: center; gap: 6px; padding: 6px; border: 1.5px dashed var(--line); border-radius: 12px; color: var(--muted); font-size: 12px; line-height: 1.25; }
.mask-slot:hover { border-color: var(--accent); color: var(--accent-text); }
.chips.set { padding: 9px 12px 0; }
.hints { max-height: min(56dvh, 400px); overflow-y: auto; overscroll-behavior: contain; position: absolute; left: 16px; right: 16px; bottom: calc(100% + 8px); padding: 5px; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow-high); z-index: 3; }
.hints li { display: flex; gap: 14px; align-items: baseline; padding: 7px 10px; border-radius: 9px; cursor: pointer; font-size: 14px; }
.hints li span { color: var(--muted); }
.hints li code { min-width: 74px; }
.hints li[aria-selected="true"], .hints li:hover { background: var(--accent-soft); }
.panel { display: none; grid-column: 2; width: 332px; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 0 18px 24px; border-left: 1px solid var(--line); background: var(--surface); }
.panel-open .panel { display: block; }
.panel-head { position: sticky; top: 0; z-index: 1; display: flex; align-items: center; gap: 8px; padding: 13px 0 8px; background: var(--surface); font-size: 13px; }
.panel-head h2 { flex: 1; font-size: 15.5px; font-weight: 650; }
.panel-head .plain-button { margin-right: -8px; }
.panel-about { font-size: 13px; color: var(--muted); margin-bottom: 8px; }
.group { border-top: 1px solid var(--line); }
.group summary { padding: 11px 0; font-weight: 600; font-size: 13.5px; cursor: pointer; list-style: none; display: flex; border-radius: 6px; }
.group summary::-webkit-details-marker { display: none; }
.group summary::after { content: ""; margin-left: auto; width: 7px; height: 7px; border: solid var(--muted); border-width: 0 1.5px 1.5px 0; transform: translate(-4px, 3px) rotate(45deg); transition: transform .15s; }
.group[open] summary::after { transform: translate(-4px, 8px) rotate(225deg); }
.group[open] { padding-bottom: 8px; }
.field { display: grid; gap: 4px; margin-bottom: 14px; font-size: 13.5px; }
.field-head { display: flex; align-items: baseline; gap: 8px; }
.field-head label { flex: 1; color: var(--muted); }
.field.is-set label { color: var(--text); font-weight: 550; }
.field-head .link-button { font-size: 12.5px; }
.field input:not([type="range"]), .field select, .field textarea { padding: 5px 9px; font-size: 14px; }
.field textarea { resize: vertical; }
.field select:has(option[value=""]:checked) { color: var(--muted); }
.number-control { display: flex; align-items: center; gap: 12px; }
.number-control input[type="range"] { flex: 1; margin: 0; }
.field:not(.is-set) input[type="range"] { accent-color: var(--muted); }
.number-control input[type="range"] + input { width: 78px; }
.number-control input[type="number"] { font-variant-numeric: tabular-nums; }
@media (max-width: 1079px) {
  .panel { position: fixed; inset: 0 0 0 auto; width: min(372px, 100%); z-index: 10; box-shadow: var(--shadow-high); }
}
@media (max-width: 600px) {
  .composer .column { padding: 0 8px; }
  .composer { padding-bottom: max(8px, env(safe-area-inset-bottom)); }
  .hints { left: 8px; right: 8px; }
  .box textarea { font-size: 16px; }
}
`;

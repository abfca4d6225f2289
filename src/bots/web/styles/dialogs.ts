/** What lies above the page: forms, the large view, the mask painter, notices, the gate. */
export const dialogStyle = `
dialog { border: 0; padding: 0; color: inherit; background: var(--surface); }
dialog::backdrop { background: rgb(10 11 14 / .55); }
.form-dialog { width: min(520px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); border-radius: 18px; box-shadow: var(--shadow-high); }
.form-dialog form { padding: 20px 22px 18px; display: grid; gap: 16px; }
.form-dialog h2 { font-size: 18px; font-weight: 650; letter-spacing: -.01em; }
.form-trouble { padding: 9px 12px; border-radius: var(--radius-small); background: var(--danger-soft); color: var(--danger); font-size: 14px; overflow-wrap: anywhere; }
.questions { display: grid; grid-template-columns: 1fr 1fr; gap: 12px 14px; }
.question { display: grid; gap: 4px; align-content: start; font-size: 13px; color: var(--muted); }
.question.long { grid-column: 1 / -1; }
.question textarea { field-sizing: content; min-height: 62px; max-height: 34dvh; }
.question input, .question textarea { font-size: 15px; color: var(--text); resize: vertical; }
.dialog-buttons { display: flex; justify-content: flex-end; gap: 8px; }
.viewer, .painter { width: 100vw; height: 100dvh; max-width: none; max-height: none; color-scheme: dark; background: #0e0f11; color: #ededf0; }
.viewer::backdrop, .painter::backdrop { background: #0e0f11; }
.viewer[open] { display: grid; grid-template-rows: auto minmax(0, 1fr); }
.viewer-bar { display: flex; align-items: center; gap: 4px; padding: 8px 10px; }
.viewer-place { padding-left: 8px; color: #a0a3ad; font-size: 14px; font-variant-numeric: tabular-nums; }
.viewer-tool { display: grid; place-items: center; width: 42px; height: 42px; border-radius: 12px; color: #d5d6db; }
.viewer-tool:hover { background: rgb(255 255 255 / .12); }
.viewer-stage { display: grid; place-items: center; min-height: 0; overflow: auto; padding: 0 12px 12px; }
.viewer-stage img { max-width: 100%; max-height: calc(100dvh - 82px); cursor: zoom-in; min-width: min(100%, 320px); object-fit: contain; }
.viewer-stage.actual { place-items: safe center; }
.viewer-stage.actual img { max-width: none; max-height: none; min-width: 0; cursor: zoom-out; }
.viewer-arrows .viewer-tool { position: fixed; top: 50%; margin-top: -21px; background: rgb(0 0 0 / .45); }
.viewer-arrows .viewer-tool:first-child { left: 12px; }
.viewer-arrows .viewer-tool:last-child { right: 12px; }
.painter[open] { display: grid; grid-template-rows: auto minmax(0, 1fr) auto; }
.painter-about { padding: 14px 18px 10px; font-size: 14px; color: #a0a3ad; text-align: center; }
.easel-room { display: grid; place-items: center; min-height: 0; padding: 0 12px; container-type: size; }
.easel { position: relative; width: min(100cqw, calc(100cqh * var(--ratio))); aspect-ratio: var(--ratio); border-radius: 4px; overflow: hidden; }
.easel > * { position: absolute; inset: 0; width: 100%; height: 100%; user-select: none; }
.easel canvas { opacity: .6; cursor: crosshair; touch-action: none; }
.painter-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; padding: 12px 16px max(14px, env(safe-area-inset-bottom)); --sunken: rgb(255 255 255 / .12); --muted: #b4b6bf; --text: #fff; --accent-soft: #2c3560; --accent-text: #c4ceff; }
.brush-size { display: flex; align-items: center; gap: 10px; font-size: 14px; color: #b4b6bf; padding: 0 8px; }
.toasts { position: fixed; right: 16px; top: 64px; z-index: 20; display: grid; gap: 10px; width: min(380px, calc(100vw - 32px)); }
.toast { display: flex; gap: 8px; padding: 12px 8px 12px 16px; border-radius: var(--radius); background: var(--surface); border: 1px solid var(--line); border-left: 4px solid var(--accent); box-shadow: var(--shadow-high); animation: arrive .18s ease-out; font-size: 14px; }
.toast.tone-warning { border-left-color: var(--danger); }
.toast-text { flex: 1; min-width: 0; overflow-wrap: anywhere; display: grid; gap: 2px; }
.toast p { color: var(--muted); }
.toast .row { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
.drop-veil { position: fixed; inset: 10px; z-index: 30; display: grid; place-items: center; pointer-events: none; border: 2px dashed var(--accent); border-radius: 20px; background: color-mix(in srgb, var(--bg) 82%, transparent); }
.drop-veil.aside { background: none; place-items: end center; }
.drop-veil p { padding: 10px 20px; border-radius: 99px; background: var(--accent); color: var(--on-accent); font-weight: 600; margin: 20px; box-shadow: var(--shadow-high); }
.gate { min-height: 100dvh; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 12px; padding: 24px; text-align: center; }
.gate h1 { font-size: 24px; font-weight: 650; letter-spacing: -.02em; margin-top: 8px; }
.gate > p { color: var(--muted); max-width: 380px; }
.gate-row { display: flex; gap: 8px; width: min(400px, 100%); margin-top: 8px; }
.gate-row .action { min-height: 40px; padding: 0 18px; }
.gate-trouble { min-height: 24px; color: var(--danger) !important; }
@media (min-width: 1080px) { .panel-open .toasts { right: 348px; } }
@media (max-width: 600px) {
  .questions { grid-template-columns: 1fr; }
  .painter-bar .spring { display: none; }
  .toasts { left: 16px; right: 16px; width: auto; }
}
`;

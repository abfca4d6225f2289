/** Colours, type and the things every part uses. Surfaces are neutral greys: pictures are judged beside them. */
export const baseStyle = `
:root {
  color-scheme: light;
  --bg: #f3f3f5; --surface: #fff; --sunken: #ebebee; --line: #dcdde1;
  --text: #17181b; --muted: #5d606a;
  --accent: #3550c8; --accent-strong: #2a42ad; --on-accent: #fff; --accent-soft: #e6eafb; --accent-text: #2a42ad;
  --danger: #a8321a; --danger-soft: #fbe9e4;
  --shadow: 0 1px 2px rgb(20 22 30 / .06), 0 4px 16px rgb(20 22 30 / .06);
  --shadow-high: 0 8px 40px rgb(20 22 30 / .18);
  --radius: 14px; --radius-small: 9px;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    color-scheme: dark;
    --bg: #131416; --surface: #1b1c1f; --sunken: #26272b; --line: #34363c;
    --text: #ededf0; --muted: #a0a3ad;
    --accent: #4d66dc; --accent-strong: #5f78ee; --accent-soft: #262d4d; --accent-text: #aebcff;
    --danger: #ff9c82; --danger-soft: #3a221c;
    --shadow: 0 1px 2px rgb(0 0 0 / .3); --shadow-high: 0 8px 40px rgb(0 0 0 / .6);
  }
}
:root[data-theme="dark"] {
  color-scheme: dark;
  --bg: #131416; --surface: #1b1c1f; --sunken: #26272b; --line: #34363c;
  --text: #ededf0; --muted: #a0a3ad;
  --accent: #4d66dc; --accent-strong: #5f78ee; --accent-soft: #262d4d; --accent-text: #aebcff;
  --danger: #ff9c82; --danger-soft: #3a221c;
  --shadow: 0 1px 2px rgb(0 0 0 / .3); --shadow-high: 0 8px 40px rgb(0 0 0 / .6);
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; }
body { background: var(--bg); color: var(--text); font: 15px/1.5 var(--font); -webkit-text-size-adjust: 100%; overflow: hidden; }
h1, h2, p, ul, ol, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
button, input, textarea, select { font: inherit; color: inherit; }
button { background: none; border: 0; padding: 0; cursor: pointer; }
button:disabled { cursor: default; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
::selection { background: var(--accent-soft); }
.icon { width: 20px; height: 20px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.spring { flex: 1; }
.link-button { color: var(--accent-text); font-weight: 550; border-radius: 4px; }
.link-button:hover { text-decoration: underline; }
.plain-button { display: inline-grid; place-items: center; width: 30px; height: 30px; border-radius: 8px; color: var(--muted); flex: none; }
.plain-button:hover { background: var(--sunken); color: var(--text); }
.plain-button .icon { width: 17px; height: 17px; }
.action { display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 34px; padding: 0 12px; border-radius: var(--radius-small); background: var(--sunken); font-size: 14px; font-weight: 550; white-space: nowrap; transition: background .12s; }
.action .icon { width: 16px; height: 16px; }
.action:hover:not(:disabled) { background: var(--line); }
.action:disabled { opacity: .45; }
.action.quiet { background: none; color: var(--muted); font-weight: 500; padding: 0 9px; }
.action.quiet:hover:not(:disabled) { background: var(--sunken); color: var(--text); }
.action.quiet[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent-text); }
.action.primary { background: var(--accent); color: var(--on-accent); }
.action.primary:hover:not(:disabled) { background: var(--accent-strong); }
.action.danger { color: var(--danger); }
.action.pending { opacity: .6; }
.action.choice { min-width: 38px; border: 1px solid var(--line); background: var(--surface); }
.chips { display: flex; flex-wrap: wrap; gap: 5px; }
.chip { display: inline-flex; align-items: center; gap: 4px; padding: 1px 8px; border-radius: 99px; background: var(--accent-soft); color: var(--accent-text); font-size: 12.5px; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip .icon { width: 11px; height: 11px; stroke-width: 2.4; }
button.chip:hover { filter: brightness(.96); }
input[type="text"], input[type="password"], input[type="number"], textarea, select { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius-small); padding: 7px 10px; width: 100%; min-width: 0; }
input:focus-visible, textarea:focus-visible, select:focus-visible { outline-offset: -1px; }
input::placeholder, textarea::placeholder { color: var(--muted); opacity: .8; }
input[type="range"] { accent-color: var(--accent); min-width: 0; }
code { font-family: var(--mono); font-size: .92em; }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation-duration: .01ms !important; transition-duration: .01ms !important; scroll-behavior: auto !important; } }
`;

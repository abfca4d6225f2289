const placeholder = '{prompt}';

/**
 * The prompt with styles put around it, one after the other: in place of `{prompt}`, or behind a comma where there is none.
 * Source: A1111 modules/styles.py `apply_styles_to_prompt`
 */
export function applyStyles(prompt: string, styles: readonly string[]): string {
  return styles.reduce(applyStyle, prompt);
}

function applyStyle(prompt: string, style: string): string {
  if (style.includes(placeholder)) return style.replaceAll(placeholder, () => prompt);
  return [prompt.trim(), style.trim()].filter((text) => text !== '').join(', ');
}

/**
 * The prompt as it was before the style was applied; undefined when it does not carry that style.
 * Source: A1111 modules/styles.py `extract_style_text_from_prompt`
 */
export function removeStyle(prompt: string, style: string): string | undefined {
  const [whole, text] = [prompt.trim(), style.trim()];
  if (!text.includes(placeholder)) return removeEnding(whole, text);
  const [left = '', ...after] = text.split(placeholder);
  const right = after.join(placeholder);
  const fits = whole.length >= left.length + right.length && whole.startsWith(left) && whole.endsWith(right);
  return fits ? whole.slice(left.length, whole.length - right.length) : undefined;
}

function removeEnding(prompt: string, style: string): string | undefined {
  if (!prompt.endsWith(style)) return undefined;
  const rest = prompt.slice(0, prompt.length - style.length);
  return rest.endsWith(', ') ? rest.slice(0, -2) : rest;
}

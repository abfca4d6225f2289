const wholeLine = /(^|\n)#[^\n]*(\n|$)/g;
const restOfLine = /#[^\n]*(\n|$)/g;

/**
 * A prompt without its `#` comments; each leaves one line break. Nothing escapes a `#`.
 * Source: A1111 modules/processing_scripts/comments.py `strip_comments`
 */
export function removeComments(prompt: string): string {
  return prompt.replace(wholeLine, '\n').replace(restOfLine, '\n');
}

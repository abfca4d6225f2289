/** Fills `element` anew when what it shows has changed, and only then: focus and pictures stay where they are. */
export function section<T>(element: HTMLElement, fill: (value: T) => void): (value: T) => void {
  let shown: string | undefined;
  return (value) => {
    const now = JSON.stringify(value);
    if (now === shown) return;
    shown = now;
    element.replaceChildren();
    fill(value);
  };
}

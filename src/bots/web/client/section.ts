/** What of an element has the focus, by its `data-key`. */
function focusedIn(element: HTMLElement): string | undefined {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && element.contains(focused) ? focused.dataset.key : undefined;
}

/**
 * Fills `element` anew when what it shows has changed, and only then: pictures stay where they are, and so does the focus, on what
 * has the same `data-key`.
 */
export function section<T>(element: HTMLElement, fill: (value: T) => void): (value: T) => void {
  let shown: string | undefined;
  return (value) => {
    const now = JSON.stringify(value);
    if (now === shown) return;
    shown = now;
    const key = focusedIn(element);
    element.replaceChildren();
    fill(value);
    if (key === undefined) return;
    const all = [...element.querySelectorAll<HTMLElement>('[data-key]')];
    all.find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
  };
}

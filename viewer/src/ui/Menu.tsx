// A button with a list below it: closed by Escape, by a choice, and by looking elsewhere.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";

interface Props {
  icon: string;
  title: string;
  left?: boolean;
  lit?: boolean;
  children: (done: () => void) => ComponentChildren;
}

export function Menu({ icon, title, left, lit, children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const close = (): void => setOpen(false);
  useEffect(() => {
    if (!open) return undefined;
    root.current?.querySelector<HTMLElement>("li button:not(:disabled)")?.focus();
    const outside = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) close();
    };
    addEventListener("pointerdown", outside, true);
    return () => removeEventListener("pointerdown", outside, true);
  }, [open]);
  const keys = (event: KeyboardEvent): void => {
    if (!open) return;
    const items = [...(root.current?.querySelectorAll<HTMLElement>("li button:not(:disabled)") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape") {
      close();
      root.current?.querySelector("button")?.focus();
    } else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
    else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class={left ? "menu left" : "menu"} ref={root} onKeyDown={keys}>
      <button type="button" class="tool" title={title} aria-label={title} aria-haspopup="menu" aria-expanded={open} aria-pressed={lit ? true : undefined} onClick={() => setOpen(!open)}>
        <Icon name={icon} />
      </button>
      {open && (
        <ul role="menu" aria-label={title}>
          {children(close)}
        </ul>
      )}
    </div>
  );
}

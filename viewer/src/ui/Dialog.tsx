// A dialog of the browser: focus stays in it, Escape closes it, and the rest of the page waits.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../strings/words";
import { Icon } from "./icons";

export function Dialog({ title, kind, onClose, bare, children }: { title: string; kind: string; onClose: () => void; bare?: boolean; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      class={kind}
      aria-label={title}
      onCancel={(event) => {
        // At once: the event of closing comes later, when another dialog may be open.
        event.preventDefault();
        onClose();
      }}
      // Nothing behind a dialog hears its keys; Escape closes it.
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      {!bare && (
        <header>
          <h1>{title}</h1>
          <button type="button" class="tool" aria-label={words.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
      )}
      {children}
    </dialog>
  );
}

// What is open over the page, and the commands that concern the page itself.

import { signal } from "@preact/signals";
import type { Parts } from "./App";

export const page = signal<"" | "palette" | "help">("");
export const theme = signal<"dark" | "light">("dark");

const KEYS = "hounsfield.keys";
const THEME = "hounsfield.theme";

export function addPageCommands({ store, commands }: Parts): void {
  if (commands.get("page.palette")) return;
  const grid = (rows: number, columns: number, shortcut: string) => ({
    id: `layout.${rows}x${columns}`,
    title: `${rows} × ${columns}`,
    group: "Layout",
    shortcut,
    active: () => store.layout.value.rows === rows && store.layout.value.columns === columns,
    run: () => store.setLayout(rows, columns),
  });
  commands.add(
    grid(1, 1, "Alt+Q"),
    grid(1, 2, "Alt+W"),
    grid(2, 2, "Alt+E"),
    grid(2, 3, "Alt+R"),
    {
      id: "layout.maximize",
      title: "This view alone, or all",
      group: "Layout",
      shortcut: "Q",
      active: () => store.layout.value.maximized !== null,
      run: () => store.maximize(store.layout.peek().maximized === null ? store.activeId.peek() : null),
    },
    {
      id: "layout.next",
      title: "Next view",
      group: "Layout",
      shortcut: "ArrowRight",
      run: () => step(1),
    },
    {
      id: "layout.previous",
      title: "View before",
      group: "Layout",
      shortcut: "ArrowLeft",
      run: () => step(-1),
    },
    {
      id: "page.palette",
      title: "All commands",
      group: "Page",
      shortcut: "Ctrl+K",
      run: () => {
        page.value = "palette";
      },
    },
    {
      id: "page.help",
      title: "Keys",
      group: "Page",
      shortcut: "?",
      run: () => {
        page.value = "help";
      },
    },
    {
      id: "page.theme",
      title: "Light or dark",
      group: "Page",
      shortcut: "Alt+T",
      active: () => theme.value === "light",
      run: () => {
        setTheme(theme.peek() === "dark" ? "light" : "dark");
      },
    },
  );
  function step(by: number): void {
    const panes = store.panes.peek();
    const at = panes.findIndex((pane) => pane.id === store.activeId.peek());
    const next = panes[(at + by + panes.length) % panes.length];
    if (next) store.activeId.value = next.id;
  }
  const stored = localStorage.getItem(KEYS);
  if (stored) commands.restoreShortcuts(JSON.parse(stored) as Record<string, string>);
  commands.custom.subscribe((custom) => localStorage.setItem(KEYS, JSON.stringify(custom)));
  setTheme(localStorage.getItem(THEME) === "light" ? "light" : "dark");
}

function setTheme(next: "dark" | "light"): void {
  theme.value = next;
  document.documentElement.dataset["theme"] = next;
  localStorage.setItem(THEME, next);
}

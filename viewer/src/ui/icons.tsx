// Small line drawings on a grid of 24, in the color of the text around them.

const PATHS: Readonly<Record<string, string>> = {
  scroll: "M12 3v18M8 7l4-4 4 4M8 17l4 4 4-4",
  window: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  "window-region": "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M12 8a4 4 0 1 0 0 8z",
  pan: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  zoom: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 21 21M10.5 8v5M8 10.5h5",
  magnify: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 21 21",
  crosshairs: "M12 2v7M12 15v7M2 12h7M15 12h7",
  cursor3d: "M12 4v5M12 15v5M4 12h5M15 12h5M12 11.9v.2",
  length: "M4 17 17 4M3 16l2 2M16 3l2 2",
  angle: "M4 19 15 5M4 19h16M10 11.5a9 9 0 0 1 3 7.5",
  cobb: "M3 7l15-3M3 17l15 3M12 5.5v13",
  bidirectional: "M4 18 18 5M8 8l7 8",
  ellipse: "M12 6c5 0 9 2.7 9 6s-4 6-9 6-9-2.7-9-6 4-6 9-6z",
  rectangle: "M4 6h16v12H4z",
  freehand: "M5 14c-2-5 3-9 7-8s7-2 8 3-3 9-7 8-6 2-8-3z",
  polygon: "M12 3l8 6-3 10H7L4 9z",
  probe: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v6M12 16v6M2 12h6M16 12h6",
  arrow: "M20 20 5 5M5 12V5h7",
  text: "M5 6V4h14v2M12 4v16M9 20h6",
  eraser: "M4 16l9-9 6 6-7 7H8zM9 20h11",
  invert: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7h6M12 12h9M12 17h6",
  rotate: "M19 12a7 7 0 1 1-2.5-5.4M17 2v5h-5",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  planes: "M3 3h8v8H3zM13 3h8v8h-8zM3 13h8v8H3zM13 13h8v8h-8z",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  layout: "M3 4h18v16H3zM12 4v16M3 12h18",
  findings: "M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1",
  tags: "M3 12V4h8l10 10-8 8zM7.5 8.4v.2",
  star: "M12 3l2.7 5.8 6.3.8-4.6 4.3 1.2 6.2L12 17l-5.6 3.1 1.2-6.2L3 9.6l6.3-.8z",
  export: "M12 15V3M8 7l4-4 4 4M4 14v6h16v-6",
  palette: "M5 8h14M5 12h14M5 16h9",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17.9v.2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  theme: "M12 4a8 8 0 1 0 8 8 6 6 0 0 1-8-8z",
  rail: "M3 4h18v16H3zM9 4v16",
  studies: "M4 5h16M4 10h16M4 15h16M4 20h10",
  play: "M7 4l13 8-13 8z",
  stop: "M6 5h4v14H6zM14 5h4v14h-4z",
  close: "M6 6l12 12M18 6 6 18",
  undo: "M9 14 4 9l5-5M4 9h9a7 7 0 0 1 0 14h-3",
};

export function Icon({ name }: { name: string }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name] ?? PATHS["help"]} />
    </svg>
  );
}

// Small drawings for commands, 24 x 24, in lines.

const PATHS: Readonly<Record<string, string>> = {
  "tool.scroll": "M5 6h14M5 12h14M5 18h14M12 3v-1M12 22v-1",
  "tool.window": "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  "tool.window-region": "M4 4h16v16H4zM12 8a4 4 0 1 0 0 8z",
  "tool.pan": "M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3",
  "tool.zoom": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21M8 10.5h5M10.5 8v5",
  "tool.magnify": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  "tool.crosshairs": "M12 2v7M12 15v7M2 12h7M15 12h7M12 12h.01",
  "tool.cursor3d": "M12 5v14M5 12h14M7 7l10 10M17 7L7 17",
  "tool.length": "M4 20L20 4M3 17l4 4M17 3l4 4",
  "tool.angle": "M20 19H4L16 5M10 19a7 7 0 0 0-2-5",
  "tool.cobb": "M3 6l18 3M3 19l18-5M12 8v8",
  "tool.bidirectional": "M4 18L20 6M9 7l6 9",
  "tool.ellipse": "M12 6c5 0 9 2.700 9 6s-4 6-9 6-9-2.700-9-6 4-6 9-6z",
  "tool.rectangle": "M4 6h16v12H4z",
  "tool.polygon": "M12 3l9 7-4 10H7L3 10z",
  "tool.freehand": "M5 15c-3-6 3-11 8-10s9 7 5 11-8-1-10 2-2 2-3-3z",
  "tool.probe": "M12 4v6M12 14v6M4 12h6M14 12h6",
  "tool.arrow": "M20 4L5 19M5 19v-7M5 19h7",
  "tool.text": "M5 5h14M12 5v15",
  "view.rotate-right": "M19 12a7 7 0 1 1-3-5.700M19 3v5h-5",
  "view.flip-horizontal": "M12 3v18M9 7L3 17h6zM15 7l6 10h-6z",
  "view.invert": "M4 4h16v16H4zM4 20L20 4v16z",
  "view.fit": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  "view.reset": "M5 12a7 7 0 1 0 3-5.700M5 3v5h5",
  "plane.three": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4z",
  "cine.play": "M7 4l13 8-13 8z",
  "key.toggle": "M12 3l2.700 6 6.300.600-4.800 4.300 1.500 6.300L12 17l-5.700 3.200 1.500-6.300L3 9.600 9.300 9z",
  "edit.undo": "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  "edit.redo": "M16 5l4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
  "keep.measurements": "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6",
};

export function Icon({ name }: { name: string }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name] ?? "M12 12h.01"} />
    </svg>
  );
}

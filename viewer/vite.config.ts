import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";

// Cornerstone3D asks for Node's `events`; Vite would put an empty module in its place, and the page would die when it
// loads. The package of that name is a dependency, and this alias keeps it.
export default defineConfig({
  plugins: [preact()],
  base: "./",
  resolve: { alias: { events: "events" } },
  define: { global: "globalThis" },
  worker: { format: "es" },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, sourcemap: false, chunkSizeWarningLimit: 6000 },
  server: { port: 5173, proxy: { "/api": "http://127.0.0.1:8042", "/dicom-web": "http://127.0.0.1:8042" } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});

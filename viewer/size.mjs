// Checks that the page stays small: everything that loads at once, gzipped, without codecs.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 1.3 * 1024 * 1024;

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const counted = files(process.argv[2] ?? "dist").filter((path) => /\.(js|css|html)$/.test(path) && !/codec/.test(path));
const sizes = counted.map((path) => [path, gzipSync(readFileSync(path)).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [path, size] of sizes) console.log(`${(size / 1024).toFixed(0).padStart(6)} KiB  ${path}`);
console.log(`${(total / 1024).toFixed(0).padStart(6)} KiB  of ${(LIMIT / 1024).toFixed(0)} KiB`);
if (total > LIMIT) process.exit(1);

// multipart/related as DICOMweb sends frames in (PS3.18 8.7.1, RFC 2387).

const NEWLINE = 10;

/** The boundary that a Content-Type names, or null where the body has no parts. */
export function boundaryOf(contentType: string | null): string | null {
  if (!contentType || !/^multipart\//i.test(contentType)) return null;
  const match = /boundary="?([^";]+)"?/i.exec(contentType);
  return match?.[1] ?? null;
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0];
  if (first === undefined) return -1;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length += 1;
    if (length === wanted.length) return at;
  }
  return -1;
}

export interface Part {
  type: string;
  bytes: Uint8Array;
}

/** Split a whole body into its parts. Lengths that the parts state are believed, so that no pixel is compared. */
export function parts(body: Uint8Array, boundary: string): Part[] {
  const mark = new TextEncoder().encode(`--${boundary}`);
  const gap = new TextEncoder().encode("\r\n\r\n");
  const found: Part[] = [];
  let at = find(body, mark, 0);
  while (at >= 0) {
    const start = at + mark.length;
    if (body[start] === 45 && body[start + 1] === 45) break;
    const end = find(body, gap, start);
    if (end < 0) break;
    const head = new TextDecoder().decode(body.subarray(start, end));
    const type = /content-type:\s*([^\r\n]+)/i.exec(head)?.[1]?.trim() ?? "";
    const stated = /content-length:\s*(\d+)/i.exec(head)?.[1];
    const from = end + gap.length;
    const next = stated === undefined ? find(body, mark, from) : find(body, mark, from + Number(stated));
    let to = stated === undefined ? (next < 0 ? body.length : next) : from + Number(stated);
    if (stated === undefined && body[to - 1] === NEWLINE) to -= 2;
    found.push({ type, bytes: body.subarray(from, Math.min(to, body.length)) });
    at = next;
  }
  return found;
}

// The one place that talks to the server: JSON with types, and pixels as bytes. It knows addresses and errors, and
// nothing of what is shown.

import { signal } from "@preact/signals";
import type { ObjectKind, ObjectRow, Saved, Stack, StudyRow, Tags } from "./types";
import { inUptake } from "./uptake";

/** The server answered, and said no; or it did not answer (`status` 0). */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ServerError";
  }

  /** Nobody is there: the program ended, or the machine slept. */
  get lost(): boolean {
    return this.status === 0;
  }
}

/** Whether the server answers. While it does not, it is asked again and again, and what waits goes on when it is back. */
export const connection = signal<"here" | "lost">("here");

const AGAIN_MS = 1500;
let waiting: Promise<void> | null = null;

async function ask(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    try {
      const response = await fetch("/api/studies", { method: "HEAD", credentials: "same-origin" });
      // Whatever it says, somebody is there.
      void response.status;
      connection.value = "here";
      waiting = null;
      return;
    } catch {
      // Still nobody.
    }
  }
}

/** Resolves when the server is back. */
export function returned(): Promise<void> {
  connection.value = "lost";
  waiting ??= ask();
  return waiting;
}

async function reach(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    void returned();
    throw new ServerError(0, "The server does not answer.");
  }
  if (!response.ok) throw new ServerError(response.status, await reason(response));
  return response;
}

async function reason(response: Response): Promise<string> {
  try {
    const body: unknown = await response.clone().json();
    if (typeof body === "object" && body !== null) {
      for (const key of ["message", "detail", "error"]) {
        const value = (body as Record<string, unknown>)[key];
        if (typeof value === "string") return value;
      }
    }
  } catch {
    // Not JSON: the words of the status line must do.
  }
  return `${response.status} ${response.statusText}`;
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await reach(path, init);
  return (await response.json()) as T;
}

/** Ask until the server answers, through any time in which it is lost. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ServerError) || !error.lost) throw error;
      await returned();
    }
  }
}

function posted(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

export const api = {
  studies: (signal?: AbortSignal): Promise<StudyRow[]> => json("/api/studies", { signal }),
  stacks: async (series: string, signal?: AbortSignal): Promise<Stack[]> =>
    (await json<Stack[]>(`/api/series/${encodeURIComponent(series)}/stacks`, { signal })).map(inUptake),
  volume: async (path: string, signal?: AbortSignal): Promise<Stack> => inUptake(await json<Stack>(path, { signal })),
  problems: (): Promise<{ path: string; member: string | null; status: string; reason: string }[]> => json("/api/problems"),
  tags: (file: number | string): Promise<Tags> => json(`/api/tags/${encodeURIComponent(file)}`),
  objects: (study: string): Promise<ObjectRow[]> => json(`/api/objects?study=${encodeURIComponent(study)}`),
  /** One object with its contents. */
  object: <T>(uid: string): Promise<ObjectRow & T> => json(`/api/objects/${encodeURIComponent(uid)}`),
  /** Write a new object, never over another. */
  save: (body: { kind: ObjectKind | "capture"; study_instance_uid: string; [key: string]: unknown }): Promise<Saved> =>
    json("/api/objects", posted(body)),
  /** A picture or a movie as the server makes it, or files. */
  download: async (body: { format: string; [key: string]: unknown }): Promise<Blob> =>
    (await reach("/api/export", posted(body))).blob(),
  /** What a header asks to draw over a frame, or a presentation state; null where there is nothing. */
  overlay: async (file: number, frame: number, presentation?: string): Promise<Blob | null> => {
    const state = presentation === undefined ? "" : `?presentation=${encodeURIComponent(presentation)}`;
    try {
      return await (await reach(`/api/files/${file}/overlays/${frame}${state}`)).blob();
    } catch (error) {
      if (error instanceof ServerError && error.status === 404) return null;
      throw error;
    }
  },
  bytes: async (path: string, accept: string, signal?: AbortSignal): Promise<Response> =>
    reach(path, { headers: { Accept: accept }, signal }),
};

export type Api = typeof api;

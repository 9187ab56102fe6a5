// Frames that cannot be shown, and why. Such a frame is drawn black, and the user interface writes the reason over it,
// so that one bad file never takes the others with it.

export class Troubles {
  readonly #reasons = new Map<string, string>();

  note(imageId: string, reason: string): void {
    this.#reasons.set(imageId, reason);
  }

  of(imageId: string): string | undefined {
    return this.#reasons.get(imageId);
  }

  forget(imageId: string): void {
    this.#reasons.delete(imageId);
  }
}

/**
 * Notices that one of some files has changed, by looking at them every other second. A look follows links, so it sees an editor's
 * rename, a link that is swapped (as Kubernetes does with mounted config maps) and a file on a network disk alike.
 */
import { createHash } from "node:crypto";
import { readFileSync, unwatchFile, watchFile, type Stats } from "node:fs";

/** From look to look. Milliseconds. */
const lookMs = 2_000;
/** Files that are being written are left alone for this long. Milliseconds. */
const settleMs = 500;

export class FileWatch {
  readonly #onChange: () => void;
  /** What stands for the content of each file when it was last used. */
  readonly #known = new Map<string, string | null>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange told once for each new content of any of them; not while it cannot be read. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** From now on these are looked at, and no others. @param files by path what was read of each; null: it could not be read. */
  follow(files: ReadonlyMap<string, string | null>): void {
    for (const path of this.#known.keys()) if (!files.has(path)) this.#leave(path);
    for (const [path, text] of files) {
      if (!this.#known.has(path)) watchFile(path, { interval: lookMs, persistent: false }, this.#onStat);
      this.#known.set(path, text === null ? null : digest(text));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const path of this.#known.keys()) this.#leave(path);
  }

  readonly #onStat = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), settleMs);
  };

  #look(): void {
    let changed = false;
    for (const [path, known] of this.#known) {
      const content = contentOf(path);
      if (content === null || content === known) continue;
      this.#known.set(path, content);
      changed = true;
    }
    if (changed) this.#onChange();
  }

  #leave(path: string): void {
    unwatchFile(path, this.#onStat);
    this.#known.delete(path);
  }
}

/** @returns what stands for the content, or null when the file cannot be read now. */
function contentOf(path: string): string | null {
  try {
    return digest(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** Some of the files are secrets, which are not kept here. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

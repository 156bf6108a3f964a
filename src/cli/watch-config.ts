/**
 * Notices that the config file has changed, by looking at it every other second. A look follows links, so it sees an editor's
 * rename, a link that is swapped (as Kubernetes does with mounted config maps) and a file on a network disk alike.
 */
import { createHash } from "node:crypto";
import { readFileSync, unwatchFile, watchFile, type Stats } from "node:fs";

/** From look to look. Milliseconds. */
const lookMs = 2_000;
/** A file that is being written is left alone for this long. Milliseconds. */
const settleMs = 500;

/**
 * @param onChange told once for each new content; not while the file cannot be read.
 * @returns a function that ends it.
 */
export function watchConfig(path: string, onChange: () => void): () => void {
  let known = contentOf(path);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const content = contentOf(path);
    if (content === null || content === known) return;
    known = content;
    onChange();
  };
  const onStat = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return;
    clearTimeout(timer);
    timer = setTimeout(look, settleMs);
  };
  watchFile(path, { interval: lookMs, persistent: false }, onStat);
  return () => {
    clearTimeout(timer);
    unwatchFile(path, onStat);
  };
}

/** @returns what stands for the content, or null when the file cannot be read now. */
function contentOf(path: string): string | null {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return null;
  }
}

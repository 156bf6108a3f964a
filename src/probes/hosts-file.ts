/**
 * The names of /etc/hosts, which c-ares does not read for us. Format: hosts(5).
 *
 * The file is looked at synchronously, on purpose: it is local, tiny and in the page cache, while the asynchronous way
 * leads through Node's thread pool, where one stalled disk or NFS mount of somebody else holds up every probe by name.
 */
import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";

/** A larger file is a mistake and is not read, in bytes. Block lists of a few hundred thousand names fit. */
const hostsBytesMax = 16 * 1024 * 1024;

export class HostsFile {
  readonly #path: string;
  #version = "";
  #addresses: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the file again when it has changed; a missing one has no names.
   *
   * @returns the address for `name` (lower case): the first IPv4 one, else the first IPv6 one, else null.
   * @throws the error of the file system when the file is there and cannot be read.
   */
  lookup(name: string): string | null {
    this.#refresh();
    const found = this.#addresses.get(name) ?? [];
    return found.find((address) => isIP(address) === 4) ?? found[0] ?? null;
  }

  #refresh(): void {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    const version = stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    if (version === this.#version) return;
    const readable = stat !== undefined && stat.size <= hostsBytesMax;
    this.#addresses = readable ? parseHosts(readFileSync(this.#path, "utf8")) : new Map();
    this.#version = version;
  }
}

/** @returns addresses by name in lower case, in the order of the file. Lines that make no sense are skipped. */
function parseHosts(text: string): Map<string, string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = addresses.get(key);
      if (known === undefined) addresses.set(key, [address]);
      else known.push(address);
    }
  }
  return addresses;
}

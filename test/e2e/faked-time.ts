/** A process whose clocks are set by hand, by libfaketime: the wall clock alone, or both together as after a suspend. */
import { existsSync, renameSync, writeFileSync } from "node:fs";

/** Where Debian puts it. */
const places = ["x86_64", "aarch64"].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketimeMT.so.1`);

export class FakedTime {
  /** Environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;

  /** @param file any path that nothing is at. @param clocks which of them are set. */
  constructor(file: string, clocks: "wall" | "wall and monotonic") {
    const library = places.find((place) => existsSync(place));
    if (library === undefined) throw new Error(`Cannot fake time: none of ${places.join(", ")} exists`);
    this.#file = file;
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      ...(clocks === "wall" && { FAKETIME_DONT_FAKE_MONOTONIC: "1" }),
    };
    this.setTo(0);
  }

  /** From now on the clocks are that much ahead of the machine's; negative: behind. */
  setTo(seconds: number): void {
    // Moved into place, so that nobody ever reads half of it.
    writeFileSync(`${this.#file}.part`, seconds < 0 ? String(seconds) : `+${seconds}`);
    renameSync(`${this.#file}.part`, this.#file);
  }
}

import { readFileSync } from "node:fs";

/** The version of this build, from the package file beside `src` or `dist`. */
export const version: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new Error("Cannot read version: package.json has none");
}

/** What the rules across fields look at, and how they report. */
import type { Effective } from "./effective.ts";
import type { ConfigFile, MemberFile } from "./file-shape.ts";
import type { PemFiles } from "./pem-files.ts";
import type { Path, Rule } from "./problem.ts";

export interface RuleContext {
  readonly file: ConfigFile;
  /** True: broken groups were cut out, so it is not known that there are none. */
  readonly partial: boolean;
  readonly pem: PemFiles;
  /** @returns the value at `path` for a message, without secrets. */
  readonly quote: (path: Path) => string;
  readonly isReference: (path: Path) => boolean;
  /** Warns of a secret that is no reference. */
  readonly secretLiteral: (path: Path) => void;
  readonly error: (rule: Rule, path: Path, text: string) => void;
  readonly warning: (rule: Rule, path: Path, text: string) => void;
}

/** One member with its merged healthcheck. */
export interface Checked {
  readonly member: MemberFile;
  readonly path: Path;
  readonly check: Effective;
}

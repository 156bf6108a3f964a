/**
 * References: `${env:NAME}` and `${file:/path}`, whole values only.
 *
 * Nothing is expanded twice: a variable whose text looks like a reference stays what it is. There is no escape; a value
 * that must look like a reference comes out of a reference.
 */

/** @returns the text of a file. Throws, with a `code` if it can, when that is not possible. */
export type ReadFile = (path: string) => string;

export type Environment = Readonly<Record<string, string | undefined>>;

export type Resolution =
  | { readonly kind: "plain" }
  | { readonly kind: "resolved"; readonly value: string }
  | {
      readonly kind: "broken";
      readonly rule: "reference-syntax" | "reference-unresolved";
      /** Names the variable or path, never a value. */
      readonly text: string;
    };

/** What JSON Schema accepts as a reference. */
export const referencePattern: RegExp = /^\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^{}]+)\}$/;

/** @returns what the text of a scalar stands for. */
export function resolveReference(text: string, env: Environment, readFile: ReadFile): Resolution {
  if (!text.includes("${")) return { kind: "plain" };
  if (!referencePattern.test(text)) {
    const meant = /\$\{(?:env|file):/i.test(text) || /^\$\{[^{}]*\}$/.test(text);
    return meant
      ? broken(
          "reference-syntax",
          "a reference must be ${env:NAME} or ${file:/absolute/path}, and the whole value",
        )
      : { kind: "plain" };
  }
  const target = text.slice(text.indexOf(":") + 1, -1);
  return text.startsWith("${env:") ? fromVariable(target, env) : fromFile(target, readFile);
}

function fromVariable(name: string, env: Environment): Resolution {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined)
    return broken("reference-unresolved", `the environment variable ${name} is not set`);
  if (value === "") return broken("reference-unresolved", `the environment variable ${name} is empty`);
  return { kind: "resolved", value };
}

function fromFile(path: string, readFile: ReadFile): Resolution {
  let value: string;
  try {
    value = readFile(path).replace(/\r?\n$/, "");
  } catch (error) {
    return broken("reference-unresolved", `the file ${path} cannot be read: ${readFailure(error)}`);
  }
  if (value === "") return broken("reference-unresolved", `the file ${path} is empty`);
  return { kind: "resolved", value };
}

function broken(rule: "reference-syntax" | "reference-unresolved", text: string): Resolution {
  return { kind: "broken", rule, text };
}

/** @returns why a file could not be read, in words that hold nothing of the file. */
export function readFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EISDIR: "it is a directory",
    ENOTDIR: "a part of the path is not a directory",
    EFBIG: "it is larger than 4 MiB",
    ELOOP: "too many symbolic links",
  };
  return (Object.hasOwn(known, code) ? known[code] : undefined) ?? (code === "" ? "reading failed" : code);
}

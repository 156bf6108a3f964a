/**
 * Reads nearly every response head in one go: one that came in one piece, is the final answer, folds no line, and says at
 * most by one Content-Length how its body ends. Whatever is not exactly so is left to the `HeadReader`, which goes line
 * by line and knows all of RFC 9112; a test holds the two against each other.
 */
import type { Framing, ResponseHead } from "./response-head.ts";

/** The same lines as those of the `HeadReader`, all at once: status, reason, fields. */
const headPattern =
  /^HTTP\/1\.([0-9]) ([2-9][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?\r?\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r?\n)*)\r?\n/;
const framingNames = /^(?:content-length|transfer-encoding):/gim;
const lengthPattern = /^content-length:[\t ]*([0-9]{1,15})[\t ]*\r?$/im;

/**
 * @param text the start of the answer, a character a byte.
 * @param method of the request.
 * @returns the head and its length in bytes, or null when it is not a plain one.
 */
export function plainHead(text: string, method: string): { head: ResponseHead; bytes: number } | null {
  const [match, minorVersion, code, reason = "", fieldText] = headPattern.exec(text) ?? [];
  if (match === undefined || fieldText === undefined) return null;
  const status = Number(code);
  const framing = plainFraming(fieldText);
  if (framing === null) return null;
  const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
  return {
    head: {
      minorVersion: Number(minorVersion),
      status,
      reason,
      framing: hasBody ? framing : { kind: "none" },
      fieldText,
    },
    bytes: match.length,
  };
}

function plainFraming(fieldText: string): Framing | null {
  const names = fieldText.match(framingNames);
  if (names === null) return { kind: "until-close" };
  const length = names.length === 1 ? lengthPattern.exec(fieldText)?.[1] : undefined;
  return length === undefined ? null : { kind: "length", bytes: Number(length) };
}

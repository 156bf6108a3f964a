/**
 * Turns the bytes of an answer into what the clients need, and says plainly what is wrong with a body that is not JSON:
 * proxies and gateways answer with HTML, with nothing, or with half of it.
 */
import type { Answer } from "./http.ts";
import type { RawAnswer } from "./http-exchange.ts";

/** Enough of a body to recognise it, little enough for a log line. Characters. */
const excerptChars = 200;
/** Shorter ones would blot out ordinary text. Characters. */
const secretCharsMin = 8;

/**
 * @param secrets values that must not survive into errors or logs, should the server echo them.
 * @param wallNow milliseconds since 1970, for a `Retry-After` that is a date.
 */
export function readAnswer(raw: RawAnswer, secrets: readonly string[], wallNow: number): Answer {
  const text = blotOut(raw.body.toString("utf8"), secrets);
  const body = parseBody(text, header(raw, "content-type") ?? "");
  return {
    kind: "answer",
    status: raw.status,
    json: body.json,
    problem: body.problem,
    serverWallMs: dateMs(header(raw, "date")),
    retryAfterMs: retryAfterMs(header(raw, "retry-after"), wallNow),
    location: excerptOrNull(header(raw, "location"), secrets),
    requestId: excerptOrNull(header(raw, "x-request-id"), secrets),
  };
}

function parseBody(text: string, contentType: string): { json: unknown; problem: string | null } {
  const trimmed = text.trim();
  if (trimmed === "") return { json: undefined, problem: "empty body" };
  try {
    return { json: JSON.parse(trimmed) as unknown, problem: null };
  } catch {
    return { json: undefined, problem: describe(trimmed, contentType) };
  }
}

function describe(text: string, contentType: string): string {
  if (text.startsWith("<") || contentType.includes("html")) {
    const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1] ?? text.replaceAll(/<[^>]*>/g, " ");
    return `an HTML page: "${excerpt(title)}"`;
  }
  if (text.startsWith("{") || text.startsWith("[")) return `truncated or broken JSON: "${excerpt(text)}"`;
  return `not JSON: "${excerpt(text)}"`;
}

/** @returns one line of at most 200 characters. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > excerptChars ? `${line.slice(0, excerptChars)}…` : line;
}

/** @returns the text without the secrets, should they be in it. */
export function blotOut(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= secretCharsMin)
    .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

function header(raw: RawAnswer, name: string): string | null {
  const value = raw.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function excerptOrNull(value: string | null, secrets: readonly string[]): string | null {
  return value === null ? null : excerpt(blotOut(value, secrets));
}

function dateMs(value: string | null): number | null {
  const ms = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

/** RFC 9110, 10.2.3: seconds or a date. */
function retryAfterMs(value: string | null, wallNow: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const at = dateMs(value);
  return at === null ? null : Math.max(0, at - wallNow);
}

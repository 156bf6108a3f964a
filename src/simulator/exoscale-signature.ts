/**
 * Verifies EXO2-HMAC-SHA256 signatures. Written from the description of the scheme and not shared with the client, so that a
 * client that signs wrongly is found.
 *
 * Stricter than the scheme asks: every query argument that occurs once must be signed, in sorted order, because a client that
 * leaves one out is wrong even where a server would let it pass.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What was signed, as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Escaped, with `/v2`, without query. */
  readonly path: string;
  /** Escaped, without `?`. */
  readonly query: string;
  readonly body: Uint8Array;
  readonly authorization: string | undefined;
}

/**
 * How far ahead an expiry may be, in seconds. Official clients use 600; Exoscale's own limit is not known. An hour leaves
 * room for any sensible choice and still catches milliseconds taken for seconds.
 */
export const expiryAheadMaxS = 3600;

/**
 * @param keys Secret by key.
 * @param nowS Wall clock, seconds since 1970.
 * @returns null for a valid signature, else the reason why it is refused; the API itself does not tell it.
 */
export function refuseSignature(
  request: SignedRequest,
  keys: ReadonlyMap<string, string>,
  nowS: number,
): string | null {
  if (request.authorization === undefined) return "no Authorization header";
  const parameters = parseAuthorization(request.authorization);
  if (typeof parameters === "string") return parameters;

  const secret = keys.get(parameters.credential);
  if (secret === undefined) return `unknown credential ${parameters.credential}`;
  if (parameters.expires <= nowS) return `expired ${Math.ceil(nowS - parameters.expires)} s ago`;
  if (parameters.expires > nowS + expiryAheadMaxS) return `expires more than ${expiryAheadMaxS} s ahead`;

  const values = signedValues(new URLSearchParams(request.query), parameters.signedQueryArgs);
  if (!Array.isArray(values)) return values;
  const expected = createHmac("sha256", secret)
    .update(`${request.method} ${request.path}\n`)
    .update(request.body)
    .update(`\n${values.join("")}\n\n${parameters.expires}`)
    .digest();
  const got = Buffer.from(parameters.signature, "base64");
  // Comparing the text as well keeps out unpadded and URL-safe base64, which decodes to the same bytes.
  const same =
    got.length === expected.length &&
    timingSafeEqual(got, expected) &&
    expected.toString("base64") === parameters.signature;
  return same ? null : "the signature does not match method, path, body, query and expiry";
}

interface Parameters {
  readonly credential: string;
  readonly signedQueryArgs: readonly string[];
  readonly expires: number;
  readonly signature: string;
}

/** @returns the parameters, or what is wrong with the header. */
function parseAuthorization(header: string): Parameters | string {
  const match = /^EXO2-HMAC-SHA256 (.+)$/.exec(header);
  if (match === null) return "the Authorization header is not EXO2-HMAC-SHA256";
  const found = new Map<string, string>();
  for (const part of (match[1] ?? "").split(",")) {
    const at = part.indexOf("=");
    const key = part.slice(0, at);
    if (at < 1 || found.has(key)) return `malformed Authorization parameter: ${part}`;
    if (!["credential", "signed-query-args", "expires", "signature"].includes(key)) {
      return `unknown Authorization parameter: ${key}`;
    }
    found.set(key, part.slice(at + 1));
  }
  const [credential, expires, signature] = ["credential", "expires", "signature"].map((key) =>
    found.get(key),
  );
  if (!credential || !signature || expires === undefined || !/^\d{1,12}$/.test(expires)) {
    return "the Authorization header lacks credential, expires or signature";
  }
  const args = found.get("signed-query-args");
  if (args === "") return "signed-query-args is empty";
  return { credential, signedQueryArgs: args?.split(";") ?? [], expires: Number(expires), signature };
}

/** @returns the decoded values that were signed, in the order of their names, or what is wrong with them. */
function signedValues(query: URLSearchParams, signed: readonly string[]): string[] | string {
  for (const [index, name] of signed.entries()) {
    if (!query.has(name)) return `signed query argument is not in the query: ${name}`;
    const previous = signed[index - 1];
    if (previous !== undefined && previous >= name) return "signed query arguments are not sorted";
  }
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const named = signed.includes(name);
    if (values.length > 1) {
      // The official Go client leaves a repeated argument unsigned; there is no agreed way to sign one.
      if (named) return `query argument is repeated: ${name}`;
      continue;
    }
    // An empty value adds nothing to the message, and the official clients disagree on naming it.
    if (!named && values[0] !== "") return `query argument is not signed: ${name}`;
  }
  return signed.map((name) => query.get(name) ?? "");
}

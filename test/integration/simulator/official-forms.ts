/**
 * How requests of Exoscale's official clients look on the wire: headers in their order, how a body is written, and what of
 * the query is signed. Recorded on loopback from code that was put together from their public source: "With other clients" in
 * docs/simulator.md says how far it is theirs.
 */
import { createHmac } from "node:crypto";

export interface Sent {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `/v2` and the query, escaped as the client escapes it. */
  readonly target: string;
  /** As the client writes JSON. Empty: none. */
  readonly body: string;
}

export interface ClientForm {
  readonly userAgent: string;
  /** @returns the value of a body as the client writes it. */
  readonly json: (value: unknown) => string;
  /** @returns names of the query arguments that are signed, sorted. */
  readonly signedNames: (query: URLSearchParams) => readonly string[];
  /** @returns request line and headers. */
  readonly head: (sent: Sent, host: string, authorization: string) => readonly string[];
}

/** `exoscale.api.v2` on `requests`, with `requests-exoscale-auth`. `parse_qs` drops empty values. */
export const python: ClientForm = {
  userAgent: "python-requests/2.34.2",
  json: (value) => ascii(spaced(value)),
  signedNames: (query) => sortedNames(query).filter((name) => query.get(name) !== ""),
  head: ({ method, target, body }, host, authorization) => [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    `User-Agent: ${python.userAgent}`,
    "Accept-Encoding: gzip, deflate",
    "Accept: */*",
    "Connection: keep-alive",
    ...(method === "GET" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...(body === "" ? [] : ["Content-Type: application/json"]),
    `Authorization: ${authorization}`,
  ],
};

/** egoscale v3, on which `exo` stands, on `net/http`. The version in the `User-Agent` is a stand-in. */
export const go: ClientForm = {
  userAgent: "egoscale/3.1.0 (go1.19.8; linux/amd64)",
  // As encoding/json does, which makes its output safe within HTML.
  json: (value) => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => escaped(char.charCodeAt(0))),
  signedNames: sortedNames,
  head: ({ method, target, body }, host, authorization) => [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    `User-Agent: ${go.userAgent}`,
    ...(body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    `Authorization: ${authorization}`,
    ...(body === "" ? [] : ["Content-Type: application/json"]),
    "Accept-Encoding: gzip",
  ],
};

/** @returns the header's value; good for ten minutes, as both clients sign. */
export function authorize(
  form: ClientForm,
  { method, target, body }: Sent,
  { key, secret }: { readonly key: string; readonly secret: string },
): string {
  const [path = "", query = ""] = target.split("?");
  const args = new URLSearchParams(query);
  const names = form.signedNames(args);
  const values = names.map((name) => args.get(name) ?? "").join("");
  const expires = Math.floor(Date.now() / 1000) + 600;
  const message = `${method} ${path}\n${body}\n${values}\n\n${expires}`;
  const signature = createHmac("sha256", secret).update(message).digest("base64");
  const signed = names.length === 0 ? "" : `,signed-query-args=${names.join(";")}`;
  return `EXO2-HMAC-SHA256 credential=${key}${signed},expires=${expires},signature=${signature}`;
}

function sortedNames(query: URLSearchParams): readonly string[] {
  return [...new Set(query.keys())].toSorted();
}

/** As `json.dumps` does: a space after each comma and colon. */
function spaced(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${spaced(each)}`);
  return `{${entries.join(", ")}}`;
}

/** As `json.dumps` does: everything beyond ASCII is escaped. */
function ascii(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (char) => escaped(char.charCodeAt(0)));
}

function escaped(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** The bytes of a request. What the target sets wins over our own headers, and no header is sent twice. */
import type { HttpCheck, Target } from "../core/target.ts";
import { literalAddress } from "./resolve.ts";

/** Token characters of RFC 9110, section 5.6.2. */
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Without control characters there is no way to smuggle in a line. */
const valuePattern = /^(?:\t|\P{Cc})*$/u;

/** A request target has no white space either. */
const uriPattern = /^[^\s\p{Cc}]+$/u;

/**
 * @param userAgent value of `User-Agent`.
 * @throws when the target asks for something that cannot be written as HTTP. The message holds no header value.
 */
export function requestBytes(target: Target, check: HttpCheck, userAgent: string): Buffer {
  const headers: Record<string, string> = {
    host: hostHeader(target),
    "user-agent": userAgent,
    accept: "*/*",
    connection: check.reuse ? "keep-alive" : "close",
  };
  for (const [name, value] of Object.entries(check.headers)) headers[name.toLowerCase()] = value;
  if (check.hostHeader !== null) headers["host"] = check.hostHeader;

  if (!uriPattern.test(check.uri))
    throw new Error("Cannot write the request: uri has a space or control character");
  const lines = [`${check.method} ${check.uri} HTTP/1.1`];
  for (const [name, value] of Object.entries(headers)) {
    if (!tokenPattern.test(name)) throw new Error("Cannot write the request: a header name is not a token");
    if (!valuePattern.test(value)) {
      throw new Error(`Cannot write the request: header "${name}" has a control character`);
    }
    lines.push(`${titleCase(name)}: ${value}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}

/** RFC 9110, section 7.2: with the port unless it is the scheme's own. A zone means nothing to anybody else. */
function hostHeader(target: Target): string {
  const literal = literalAddress(target.host)?.replace(/%.*/, "") ?? target.host;
  const host = literal.includes(":") ? `[${literal}]` : literal;
  const ownPort = target.mode === "https" ? 443 : 80;
  return target.port === ownPort ? host : `${host}:${target.port}`;
}

/** Names mean the same in any case; this one is what people and old servers expect. */
function titleCase(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/**
 * Exoscale's request signature, EXO2-HMAC-SHA256: five lines about the request, signed with the secret. Pure.
 *
 * Source: https://community.exoscale.com/api/ (Request signature) and the official Go and Python clients, whose signatures
 * are compared with ours byte for byte in the tests.
 */
import { createHmac } from "node:crypto";

export interface SignedRequest {
  readonly method: string;
  /** Escaped, as on the wire, with `/v2`, without query. The `:` of `…/{id}:attach` stays as it is. */
  readonly path: string;
  /** As on the wire, without `?`. Empty: none. Names must not repeat and values not be empty: official clients disagree there. */
  readonly query: string;
  /** The exact bytes of the body as text, empty when there is none. */
  readonly body: string;
  /** Seconds since 1970, after which the signature is void. The official clients use ten minutes from now. */
  readonly expires: number;
}

/** @returns the value of the `Authorization` header. */
export function signExoscale(request: SignedRequest, key: string, secret: string): string {
  const names = signedNames(request.query);
  const signature = createHmac("sha256", secret).update(messageOf(request), "utf8").digest("base64");
  const signedArgs = names.length === 0 ? "" : `,signed-query-args=${names.join(";")}`;
  return `EXO2-HMAC-SHA256 credential=${key}${signedArgs},expires=${request.expires},signature=${signature}`;
}

/** @returns the text that is signed: five segments, the fourth (signed headers) always empty. */
export function messageOf(request: SignedRequest): string {
  const args = new URLSearchParams(request.query);
  const values = signedNames(request.query).map((name) => args.get(name) ?? "");
  return [
    `${request.method} ${request.path}`,
    request.body,
    values.join(""),
    "",
    String(request.expires),
  ].join("\n");
}

function signedNames(query: string): string[] {
  return [...new URLSearchParams(query).keys()].sort();
}

/** The rules about the base URL of a provider that is reached over HTTP. */
import { isLoopback } from "./ip.ts";
import type { Path } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";

/** @param base path of the API's version, in which the endpoint should end */
export function checkEndpoint(
  context: RuleContext,
  path: Path,
  endpoint: string | undefined,
  base: string,
): void {
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  if (url === null) return;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (url.protocol === "http:" && !isLoopback(host)) {
    context.error(
      "endpoint-insecure",
      path,
      `endpoint must be https, plain http is for loopback only: got ${context.quote(path)}`,
    );
  }
  if (url.pathname.replace(/\/+$/, "").endsWith(base)) return;
  context.warning(
    "endpoint-base-path",
    path,
    `endpoint should end in ${base}, the base path of the API: got ${context.quote(path)}`,
  );
}

/** @returns the base URL without slashes at its end. */
export function baseUrl(endpoint: string): string {
  return endpoint.replace(/\/+$/, "");
}

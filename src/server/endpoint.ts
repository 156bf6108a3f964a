/** Where a daemon is: on this machine, by its control socket, or on another one, by its URL. */
import { isLoopback } from "../config/ip.ts";
import type { Secret } from "../config/secret.ts";

export type Endpoint = SocketEndpoint | UrlEndpoint;

export interface SocketEndpoint {
  readonly kind: "socket";
  readonly path: string;
}

export interface UrlEndpoint {
  readonly kind: "url";
  /** e.g. `https://failoverd.example.com:9787`; `/api/v1/…` is below its path. */
  readonly url: URL;
  /** Null: none is sent. */
  readonly token: Secret | null;
  readonly tls: ClientTls;
}

/** PEM. */
export interface ClientTls {
  /** The authorities to trust; null: those that Node brings. */
  readonly ca: string | null;
  /** What the daemon is shown; null: nothing. */
  readonly identity: { readonly cert: string; readonly key: Secret } | null;
}

/** @returns how a message names it. */
export function endpointName(endpoint: Endpoint): string {
  return endpoint.kind === "socket" ? endpoint.path : endpoint.url.href.replace(/\/$/, "");
}

/** Whoever can see what is on the way would have the token. */
export function isExposed({ url, token }: Pick<UrlEndpoint, "url" | "token">): boolean {
  return token !== null && url.protocol === "http:" && !isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
}

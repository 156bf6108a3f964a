/** How one probe ends, before its times are added. */
import type { Cause } from "../core/cause.ts";

export interface Ending {
  readonly cause: Cause;
  /** What was seen, for a person; see `ProbeResult.detail`. */
  readonly detail: string | null;
}

/** The parts of a probe in their order; a deadline that passes is blamed on the one it passed in. */
export type Phase = "resolve" | "connect" | "tls" | "headers" | "body";

/** What a deadline means in each phase, and the sentence for it. */
export const timeouts: Readonly<Record<Phase, { readonly cause: Cause; readonly sentence: string }>> = {
  resolve: { cause: "dns-unavailable", sentence: "no answer from the resolver" },
  connect: { cause: "connect-timeout", sentence: "no connection" },
  tls: { cause: "tls-timeout", sentence: "no end of the TLS handshake" },
  headers: { cause: "response-timeout", sentence: "no complete response header" },
  body: { cause: "body-timeout", sentence: "no end of the body and no match in it" },
};

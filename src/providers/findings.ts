/** What a check says when it could not ask: the same words and the same advice for both clouds. */
import type { Failure } from "./failure.ts";
import type { Finding } from "./provider.ts";

/** A clock that is further off than this is worth a word. Signatures are void after ten minutes. Milliseconds. */
const skewMaxMs = 60_000;

export interface Advice {
  /** Our wall clock, milliseconds since 1970. */
  readonly wallNow: number;
  /** What to allow when the credentials are valid but not sufficient. */
  readonly forbidden: string;
  /** What to look at when the credentials are not accepted. */
  readonly credentials: string;
}

export function finding(severity: Finding["severity"], text: string, fix: string | null = null): Finding {
  return { severity, text, fix };
}

/** @returns the finding for a question that failed. `what` names the question, e.g. `Cannot look up …`. */
export function askFinding(what: string, failure: Failure, advice: Advice): Finding {
  const text = `${what}: ${failure.detail}`;
  switch (failure.cause) {
    case "signature":
    case "unauthorized":
      return credentialFinding(text, failure, advice);
    case "not-sendable":
      return finding("error", text, advice.credentials);
    case "forbidden":
      return finding("error", text, advice.forbidden);
    case "throttled":
      return finding(
        "warning",
        text,
        "Too many requests: wait, and look for another program that uses the same account",
      );
    case "server-error":
      return finding(
        "warning",
        text,
        "The provider has trouble of its own: look at its status page and check again",
      );
    case "redirect":
    case "not-found":
    case "unreadable":
      return finding(
        "error",
        text,
        "Check the endpoint in the config, and whether a proxy answers in its place",
      );
    case "no-answer":
      return finding("error", text, "Check the network, the name resolution and the endpoint in the config");
    case "invalid":
    case "conflict":
    case "precondition":
    case "refused":
    case "client-error":
    case "unsupported":
    case "request-timeout":
      return finding("error", text, "Check again; if it stays, the provider's interface has changed");
  }
}

function credentialFinding(text: string, failure: Failure, advice: Advice): Finding {
  const skewMs = failure.serverWallMs === null ? 0 : advice.wallNow - failure.serverWallMs;
  if (Math.abs(skewMs) <= skewMaxMs) return finding("error", text, advice.credentials);
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  const direction = skewMs > 0 ? "ahead of" : "behind";
  return finding(
    "error",
    `${text}. This machine's clock is ${seconds} s ${direction} the provider's`,
    "Set the clock (NTP): a signature that is too old or too young is refused",
  );
}

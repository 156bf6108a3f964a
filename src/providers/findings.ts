/**
 * What checks of several providers say in the same words: when they could not ask, when the clocks differ, and who holds the
 * address. An answer that forbids is an error, since it forbids the daemon as well; no answer, or none that can be understood,
 * says nothing about a move.
 */
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

const endpointFix = "Check the endpoint in the config, and whether a proxy answers in its place";

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
        "unknown",
        text,
        "Too many requests: wait, and look for another program that uses the same account",
      );
    case "server-error":
      return finding(
        "unknown",
        text,
        "The provider has trouble of its own: look at its status page and check again",
      );
    case "not-found":
      return finding("error", text, endpointFix);
    case "redirect":
    case "unreadable":
      return finding("unknown", text, endpointFix);
    case "no-answer":
      return finding(
        "unknown",
        text,
        "Check the network, the name resolution and the endpoint in the config",
      );
    case "invalid":
    case "conflict":
    case "precondition":
    case "refused":
    case "client-error":
    case "unsupported":
    case "request-timeout":
      return finding("unknown", text, "Check again; if it stays, the provider's interface has changed");
  }
}

function credentialFinding(text: string, failure: Failure, advice: Advice): Finding {
  const skew = skewText(failure.serverWallMs, advice.wallNow);
  return skew === null
    ? finding("error", text, advice.credentials)
    : finding("error", `${text}. ${skew}`, clockFix);
}

const clockFix = "Set the clock (NTP): a signature that is too old or too young is refused";

/**
 * @param serverWallMs as the provider's answer dates itself; null: it does not.
 * @returns a warning when the clocks are so far apart that signatures will be refused before long; null: they are not.
 */
export function clockFinding(serverWallMs: number | null, wallNow: number): Finding | null {
  const skew = skewText(serverWallMs, wallNow);
  return skew === null ? null : finding("warning", `${skew}; it takes our signatures all the same`, clockFix);
}

function skewText(serverWallMs: number | null, wallNow: number): string | null {
  const skewMs = serverWallMs === null ? 0 : wallNow - serverWallMs;
  if (Math.abs(skewMs) <= skewMaxMs) return null;
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  return `This machine's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the provider's`;
}

export interface Held {
  /** As a person calls it. */
  readonly address: string;
  /** Names of the members that have it. */
  readonly holders: readonly string[];
  /** Who else has it. Begins a sentence. */
  readonly foreign: readonly string[];
}

/** What to do about each, in the words of the provider. */
export interface HolderAdvice {
  readonly none: string;
  readonly several: string;
  readonly foreign: string;
  /** What it means that several hold it, as a sentence. Absent: that is not known. */
  readonly severalMean?: string;
}

/** @returns at least one finding; one alone when it is held as it should be. */
export function holderFindings({ address, holders, foreign }: Held, advice: HolderAdvice): Finding[] {
  const [holder, ...more] = holders;
  const findings: Finding[] = [];
  if (holder === undefined) findings.push(finding("warning", `No member holds ${address}`, advice.none));
  else if (more.length === 0) findings.push(finding("ok", `${holder} holds ${address}`));
  else {
    const means = advice.severalMean === undefined ? "" : `. ${advice.severalMean}`;
    const text = `Several members hold ${address}: ${holders.join(", ")}${means}`;
    findings.push(finding("warning", text, advice.several));
  }
  for (const other of foreign)
    findings.push(
      finding("warning", `${other} holds ${address} and is not a member of the group`, advice.foreign),
    );
  return findings;
}

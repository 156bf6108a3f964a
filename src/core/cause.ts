/**
 * Why a probe ended as it did: one table from the low-level cause to the outcome, a label and a sentence.
 *
 * The column `outcome` is where "own trouble is never theirs" is decided. A cause counts as a fail only when the
 * target, or the path close to it, gave the answer; whatever this machine could not do is inconclusive.
 */

/** What one probe says of its target. An inconclusive probe adds no strike and clears none. */
export type Outcome = "pass" | "fail" | "inconclusive";

/**
 * `sentence` completes "web-a …" for a person, or stands alone when the trouble is ours (see `causeText`). The label (the key) is used in metrics, logs and JSON; it never changes
 * once released.
 */
export const causes = {
  ok: { outcome: "pass", sentence: "answered as expected" },

  dns: { outcome: "fail", sentence: "has a name without an address" },
  refused: { outcome: "fail", sentence: "refused the connection" },
  unreachable: { outcome: "fail", sentence: "is unreachable, the network reports" },
  "connect-timeout": { outcome: "fail", sentence: "did not accept the connection in time" },
  reset: { outcome: "fail", sentence: "reset the connection" },
  closed: { outcome: "fail", sentence: "closed the connection before it had answered" },
  "tls-timeout": { outcome: "fail", sentence: "did not finish the TLS handshake in time" },
  "tls-handshake": { outcome: "fail", sentence: "failed the TLS handshake" },
  "tls-cert": { outcome: "fail", sentence: "presented a certificate that is not valid for this target" },
  "response-timeout": { outcome: "fail", sentence: "connected but did not answer in time" },
  "http-protocol": { outcome: "fail", sentence: "answered with something that is not HTTP/1.1" },
  "http-header": { outcome: "fail", sentence: "sent more header bytes than are accepted" },
  "http-status": { outcome: "fail", sentence: "answered with a status that is not expected" },
  identity: { outcome: "fail", sentence: "answered as somebody else than the one that was asked for" },
  body: { outcome: "fail", sentence: "answered without the expected text in the body" },
  "body-timeout": { outcome: "fail", sentence: "did not finish the body in time" },

  "dns-unavailable": { outcome: "inconclusive", sentence: "our resolver did not answer" },
  "local-sockets": { outcome: "inconclusive", sentence: "this machine has no socket, port or memory left" },
  "local-network": { outcome: "inconclusive", sentence: "this machine has no route or may not send" },
  "local-tls": { outcome: "inconclusive", sentence: "this machine could not set up TLS" },
  distrusted: { outcome: "inconclusive", sentence: "we did not trust ourselves at that moment" },
  late: { outcome: "inconclusive", sentence: "this process was late, so the time measured is our own" },
  aborted: { outcome: "inconclusive", sentence: "the probe was given up because we are stopping" },
  internal: { outcome: "inconclusive", sentence: "the probe itself broke, which is a bug of ours" },
} as const;

export type Cause = keyof typeof causes;

/** @returns what a probe that ended with `cause` says of its target. */
export function outcomeOf(cause: Cause): Outcome {
  return causes[cause].outcome;
}

/**
 * @returns what a probe has found of its subject: `web-a refused the connection`; of trouble of our own, which is no verdict on it,
 *   `web-a was not judged: our resolver did not answer`.
 */
export function causeText(subject: string, cause: Cause): string {
  const { outcome, sentence } = causes[cause];
  return outcome === "inconclusive" ? `${subject} was not judged: ${sentence}` : `${subject} ${sentence}`;
}

/** @returns the sentence for a person, without the subject: `refused the connection`. */
export function causeSentence(cause: Cause): string {
  return causes[cause].sentence;
}

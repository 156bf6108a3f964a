/**
 * From the error of a socket to the cause of a probe: one table for the kernel's codes, one for those of certificates.
 *
 * The question in every row is whose trouble it is. A code that only this machine can cause, or that may as well come
 * from this machine, is inconclusive. So is a code that is in no table: what we do not know is not down.
 */
import { errorText } from "../core/error-text.ts";
import type { Cause } from "../core/cause.ts";
import { type Ending, type Phase, timeouts } from "./ending.ts";
import { clip } from "./text.ts";

/** Codes of the kernel, from connect(2), tcp(7), ip(7) and socket(2). */
const kernelCauses: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",

  // A router far away can also cause ENETUNREACH, and an IPv6 one EACCES. Nothing tells them from a route that we lost
  // ourselves, which would take all targets at once: inconclusive.
  ENETUNREACH: "local-network",
  ENETDOWN: "local-network",
  EACCES: "local-network",
  EPERM: "local-network",
  // connect(2) to a link-local address without its zone, and to a family that this kernel does not have.
  EINVAL: "local-network",
  EAFNOSUPPORT: "local-network",

  // No local port is left for this peer, or no local address of this family.
  EADDRNOTAVAIL: "local-sockets",
  EADDRINUSE: "local-sockets",
  EMFILE: "local-sockets",
  ENFILE: "local-sockets",
  ENOBUFS: "local-sockets",
  ENOMEM: "local-sockets",
  EAGAIN: "local-sockets",
};

/**
 * Codes of X.509 verification as Node names them (https://nodejs.org/api/tls.html, "X509 certificate error codes").
 * UNSPECIFIED is Node's name for all that have none, for example a key that is too small.
 */
const certificateCodes: ReadonlySet<string> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "CRL_SIGNATURE_FAILURE",
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_HAS_EXPIRED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "INVALID_CA",
  "PATH_LENGTH_EXCEEDED",
  "INVALID_PURPOSE",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "HOSTNAME_MISMATCH",
  "UNSPECIFIED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_CERT_ALTNAME_FORMAT",
]);

/** @returns how a probe ends whose socket reported `error` in `phase`. */
export function endingOfSocketError(error: Error, phase: Phase): Ending {
  const { code, syscall, reason }: NodeJS.ErrnoException & { reason?: string } = error;
  if (code === undefined) return endingOfBug(error);
  if (code === "ETIMEDOUT") return { cause: timeouts[phase].cause, detail: clip(error.message) };

  // Node makes up an ECONNRESET, without a system call, when the peer closes in an orderly way during the handshake.
  if (code === "ECONNRESET" && syscall === undefined) {
    return { cause: "closed", detail: "closed during the TLS handshake" };
  }
  const known = Object.hasOwn(kernelCauses, code) ? kernelCauses[code] : undefined;
  if (known !== undefined) return { cause: known, detail: clip(error.message) };

  if (code === "OUT_OF_MEM" || code === "ERR_SSL_MALLOC_FAILURE")
    return { cause: "local-sockets", detail: code };
  if (certificateCodes.has(code))
    return { cause: "tls-cert", detail: clip(`${code}: ${withoutNodeHint(error.message)}`) };
  if (code.startsWith("ERR_SSL_") || code === "ERR_TLS_DH_PARAM_SIZE" || code === "EPROTO") {
    // OpenSSL's own message is a line of its source code; the reason in it is what helps.
    return { cause: "tls-handshake", detail: clip(`${code}: ${reason ?? error.message}`) };
  }
  return endingOfBug(error);
}

/** @returns how a probe ends that met an error of which it knows nothing: inconclusive. */
export function endingOfBug(error: unknown): Ending {
  return {
    cause: "internal",
    detail: clip(error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  };
}

/** @returns the message of whatever was thrown, short and escaped. */
export function messageOf(error: unknown): string {
  return clip(errorText(error));
}

/** Node adds advice about its own flags, which is of no use here: authorities are named with tls-ca. */
function withoutNodeHint(message: string): string {
  return message.replace(/; if the root CA is installed locally.*$/s, "");
}

/** Why a daemon was not reached, in words, and what to check: by the code of the system, of TLS or of the HTTP client. */
import type { NoAnswer } from "../server/client.ts";
import { endpointName, type Endpoint } from "../server/endpoint.ts";
import { CliError, exitCodes } from "./exit-codes.ts";

interface Why {
  readonly text: string;
  readonly check: string;
  /** The daemon may have got the request. */
  readonly isUnsure?: boolean;
}

/** @param isOrder something may have been done all the same. */
export function unreachable(endpoint: Endpoint, { code, text }: NoAnswer, isOrder: boolean): CliError {
  const why = whyOf(endpoint, code ?? "") ?? { text, check: seeItsLog, isUnsure: true };
  const doubt =
    why.isUnsure === true && isOrder ? "; failoverd status tells whether it was done all the same" : "";
  return new CliError(
    `Cannot reach the daemon on ${endpointName(endpoint)}: ${why.text}. To check: ${why.check}${doubt}`,
    exitCodes.unreachable,
  );
}

/** The end of a command that was answered by something that is not this version of failoverd. */
export function strange(endpoint: Endpoint): CliError {
  return new CliError(
    `Cannot understand what answers on ${endpointName(endpoint)}: it is another program, or another version of failoverd`,
    exitCodes.unreachable,
  );
}

const seeItsLog = "see whether it runs and what its log says";

/** @returns null for what is not known. */
function whyOf(endpoint: Endpoint, code: string): Why | null {
  if (endpoint.kind === "socket") return ofSocket[code] ?? null;
  if (Object.hasOwn(ofNetwork, code)) return ofNetwork[code] ?? null;
  const isTls = endpoint.url.protocol === "https:";
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET")
    return closed(isTls, endpoint.tls.identity !== null);
  if (!isTls) return null;
  if (Object.hasOwn(ofTls, code)) return ofTls[code] ?? null;
  return code.startsWith("ERR_SSL_") || code === "EPROTO" ? handshake(code) : null;
}

const ofSocket: Readonly<Record<string, Why>> = {
  ENOENT: {
    text: "there is no such socket",
    check:
      "is the daemon running (systemctl status failoverd), and is this the control socket that its log names; --config FILE or --socket PATH says where it is, --url URL that it is on another machine",
  },
  ECONNREFUSED: {
    text: "nobody listens on it",
    check: "the daemon has died and left its socket behind, so start it again and see its log",
  },
  EACCES: {
    text: "permission denied",
    check: "only root and the user that the daemon runs as may give orders, so try sudo",
  },
};

const wayThere = "is its host up, and does a firewall let you through";

const ofNetwork: Readonly<Record<string, Why>> = {
  ENOTFOUND: { text: "there is no host of that name", check: "is the name right" },
  EAI_AGAIN: { text: "the name cannot be looked up now", check: "does the resolver of this machine work" },
  ECONNREFUSED: {
    text: "nobody listens there",
    check: "is the daemon running, and is that the address and port of listen in its config",
  },
  EHOSTUNREACH: { text: "no way leads there", check: wayThere },
  ENETUNREACH: { text: "no way leads there", check: wayThere },
  ETIMEDOUT: { text: "nothing answers there", check: wayThere },
  UND_ERR_CONNECT_TIMEOUT: { text: "nothing answers there", check: wayThere },
};

const authority =
  "name the authority that signed it with --tls-ca FILE, after comparing it with that of the daemon";
const unknownAuthority = {
  text: "its certificate is signed by nobody who is trusted here",
  check: authority,
};
const names = "use a host name that is in its certificate, or have one made for this name";

const ofTls: Readonly<Record<string, Why>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: {
    text: "its certificate has expired",
    check: "renew it and reload the daemon, and is the clock of this machine right",
  },
  CERT_NOT_YET_VALID: {
    text: "its certificate is not valid yet",
    check: "is the clock of this machine right",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: { text: "its certificate is for another name", check: names },
};

/** With TLS 1.3 a server refuses its caller when the caller's handshake is over already, and may be gone before the caller reads why. */
function closed(isTls: boolean, hasIdentity: boolean): Why {
  const text = "it ended the connection without an answer";
  if (!isTls) {
    const check = "perhaps it speaks TLS there, and the URL begins with https://; else see its log";
    return { text, check, isUnsure: true };
  }
  const check = hasIdentity
    ? "is your certificate one that its client-ca has signed; else see its log"
    : "with client-ca in its config it wants a certificate of yours, so name one with --tls-cert FILE and --tls-key FILE; else see its log";
  return { text, check, isUnsure: true };
}

/** Alerts by which a server refuses its caller, as OpenSSL names them. */
const refusesCaller =
  /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED/;

function handshake(code: string): Why {
  return refusesCaller.test(code)
    ? {
        text: "it wants a certificate of a client, and got none that it trusts",
        check: "name one that its client-ca has signed with --tls-cert FILE and --tls-key FILE",
      }
    : {
        text: `TLS failed (${code})`,
        check: "does it speak TLS there; without api.tls in its config the URL begins with http://",
      };
}

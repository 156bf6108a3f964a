/**
 * Opens one TLS connection to the address of an attempt: a full handshake each time.
 *
 * No session is offered for resumption unless the target says so, since a resumed one does not show the certificate, and an
 * expired certificate must be seen: see `KeptSession`. What is shared is the context, one for each distinct set of authorities, because building
 * one costs more than the handshake's own work in JavaScript.
 */
import { X509Certificate } from "node:crypto";
import { isIP, Socket } from "node:net";
import { checkServerIdentity, connect, createSecureContext } from "node:tls";
import type { ConnectionOptions, PeerCertificate, SecureContext, TLSSocket } from "node:tls";
import { domainToASCII } from "node:url";
import type { Target, TlsCheck } from "../core/target.ts";
import type { Attempt } from "./attempt.ts";
import { closeConnection, type Connection, type Conversation, type Listener } from "./connection.ts";
import { messageOf } from "./errors.ts";
import type { KeptSession } from "./kept-session.ts";
import { literalAddress } from "./resolve.ts";

/** Contexts kept. More sets of authorities than this work too, at the price of building contexts again. */
const contextsMax = 64;

/**
 * Key exchanges that are offered, the first with its key share. A probe carries no secret that has to outlive it, so the cheap one is
 * first, and the hybrid with ML-KEM, whose share alone fills a packet, is only offered to a server that insists on it.
 */
const keyExchanges = "X25519:P-256:P-384:P-521:X448:X25519MLKEM768";

/** By PEM text; null stands for the public authorities. */
const contexts = new Map<string | null, SecureContext>();

const pemBlock =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * @returns the context for `check`, built when it is first asked for.
 * @throws when the PEM of the authorities cannot be read, which is our own trouble.
 */
function secureContextOf(check: TlsCheck): SecureContext {
  const known = contexts.get(check.caPem);
  if (known !== undefined) return known;
  if (check.caPem !== null) assertReadable(check.caPem);
  const context = createSecureContext({
    ecdhCurve: keyExchanges,
    ...(check.caPem === null ? {} : { ca: check.caPem }),
  });
  const oldest = contexts.keys().next();
  if (contexts.size >= contextsMax && oldest.done !== true) contexts.delete(oldest.value);
  contexts.set(check.caPem, context);
  return context;
}

/** What a handshake may be shortened by, and what is done when it fails because of that. */
interface Resumption {
  readonly kept: KeptSession;
  readonly startAnew: () => void;
}

/** TLS goes over a connection of its own, because Node can reset that one and not a TLS socket. */
class TlsConnection implements Connection {
  readonly #conversation: Conversation;
  readonly #options: ConnectionOptions;
  readonly #resumption: Resumption | null;
  readonly #carrier = new Socket();
  #socket: Socket = this.#carrier;
  /** Null once the connection is released. */
  #attempt: Attempt | null;
  /** Null until the handshake is over, and once the connection is released. */
  #listener: Listener | null = null;

  constructor(
    attempt: Attempt,
    conversation: Conversation,
    options: ConnectionOptions,
    resumption: Resumption | null,
  ) {
    this.#attempt = attempt;
    this.#conversation = conversation;
    this.#options = options;
    this.#resumption = resumption;
    this.#carrier.on("error", (error) => this.#failed(error));
  }

  get socket(): Socket {
    return this.#socket;
  }

  connect(address: string, port: number): void {
    this.#carrier.once("connect", () => this.#withAttempt((attempt) => this.#shakeHands(attempt)));
    this.#carrier.connect({ host: address, port, autoSelectFamily: false });
  }

  release(): void {
    this.#attempt = this.#listener = null;
    closeConnection(this.#carrier);
  }

  handTo(listener: Listener): void {
    this.#listener = listener;
  }

  #shakeHands(attempt: Attempt): void {
    attempt.leave();
    attempt.enter("tls");
    const options = { ...this.#options, socket: this.#carrier } as ConnectionOptions;
    if (this.#resumption !== null) this.#offerSession(attempt, options, this.#resumption);
    const socket = connect(options);
    this.#socket = socket;
    // A session that comes before the certificate was accepted is of no use.
    if (this.#resumption !== null) {
      socket.on("session", (session) => this.#listener !== null && this.#resumption?.kept.take(session));
    }
    socket.on("error", (error) => this.#failed(error));
    socket.once("secureConnect", () => this.#withAttempt((attempt) => this.#open(attempt, socket)));
  }

  #offerSession(attempt: Attempt, options: ConnectionOptions, { kept, startAnew }: Resumption): void {
    const session = kept.offer(options.host ?? "");
    if (session === null) return;
    options.session = session;
    attempt.relyOnKept(() => {
      kept.distrust();
      startAnew();
    });
  }

  #open(attempt: Attempt, socket: TLSSocket): void {
    attempt.secure();
    this.#resumption?.kept.opened(socket);
    this.#listener = this.#conversation;
    const onEnd = (): void => this.#listener?.takeEnd();
    socket.on("data", (bytes: Buffer) => this.#listener?.take(bytes));
    socket.once("end", onEnd).once("close", onEnd);
    this.#conversation.begin(this);
  }

  #failed(error: Error): void {
    if (this.#listener === null) this.#attempt?.endBySocketError(error);
    else this.#listener.takeError(error);
  }

  #withAttempt(step: (attempt: Attempt) => void): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    try {
      step(attempt);
    } catch (error) {
      attempt.endByBug(error);
    }
  }
}

/** How to connect to one target; what is the same each time is made once. */
export class TlsOpener {
  readonly #target: Target;
  readonly #context: SecureContext;
  readonly #kept: KeptSession | null;
  #options: ConnectionOptions | null = null;

  /**
   * @param kept what is offered in the next handshake; null: nothing.
   * @throws when the PEM of the authorities cannot be read, which is our own trouble.
   */
  constructor(target: Target, check: TlsCheck, kept: KeptSession | null) {
    this.#target = target;
    this.#kept = kept;
    this.#context = secureContextOf(check);
  }

  /**
   * Connects, shakes hands, verifies, and then begins `conversation`; every other outcome ends the attempt.
   *
   * @param address a literal address, so that nothing is looked up.
   */
  open(attempt: Attempt, address: string, conversation: Conversation): void {
    if (this.#options?.host !== address) this.#options = this.#optionsFor(address);
    attempt.enter("connect");
    const kept = this.#kept;
    const resumption =
      kept === null ? null : { kept, startAnew: () => this.open(attempt, address, conversation) };
    const connection = new TlsConnection(attempt, conversation, this.#options, resumption);
    attempt.hold(connection);
    connection.connect(address, this.#target.port);
  }

  #optionsFor(address: string): ConnectionOptions {
    const { port, tls } = this.#target;
    const name = verifiedName(this.#target, address);
    const options = {
      host: address,
      port,
      autoSelectFamily: false,
      secureContext: this.#context,
      rejectUnauthorized: tls?.skipVerify !== true,
      checkServerIdentity: (_host: string, certificate: PeerCertificate) => identityError(name, certificate),
    };
    // RFC 6066, section 3: addresses are not permitted as a server name.
    return isIP(name) === 0 ? { ...options, servername: name } : options;
  }
}

/** The configured name, else the host: as it is sent, and as the certificate must have it. An address has no zone. */
function verifiedName(target: Target, address: string): string {
  const wanted = target.tls?.sni ?? target.host;
  const literal = literalAddress(wanted);
  if (literal !== null) return literal.replace(/%.*/, "");
  const name = wanted.replace(/\.$/, "");
  return (/^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name)) || address;
}

/** Node calls this where nothing catches, and its own check throws on some malformed certificates. */
function identityError(name: string, certificate: PeerCertificate): Error | undefined {
  try {
    return checkServerIdentity(name, certificate);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** OpenSSL takes text without any certificate for an empty list, and would then blame every target. */
function assertReadable(pem: string): void {
  const blocks = pem.match(pemBlock);
  if (blocks === null)
    throw new Error("Cannot read the CA: want at least one PEM block CERTIFICATE, found none");
  for (const block of blocks) assertCertificate(block);
}

function assertCertificate(block: string): void {
  try {
    void new X509Certificate(block);
  } catch (error) {
    throw new Error(`Cannot read the CA: ${messageOf(error)}`, { cause: error });
  }
}

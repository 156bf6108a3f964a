/**
 * One HTTP exchange: one request, one answer or none, nothing repeated.
 *
 * It speaks to undici's dispatcher directly, because only there one learns whether the request went out before things went
 * wrong. That is the difference between a step that surely did not happen and one that may have.
 */
import type { Dispatcher } from "undici";

/** Why there is no usable answer. */
export type NoAnswerReason =
  /** The deadline came first. */
  | "timeout"
  /** Refused, reset, closed, unreachable, name not resolved. */
  | "no-connection"
  /** The caller's signal. */
  | "aborted"
  /** The body exceeds the bound. */
  | "too-large"
  /** The server could not prove who it is. */
  | "tls"
  /** What came back is not HTTP. */
  | "not-http"
  /** The request cannot be built, e.g. a credential with a line break in it. */
  | "not-sendable"
  /** We did not ask, because the provider wants no more requests now, or too much waits to be asked. */
  | "held-back";

export interface NoAnswer {
  readonly kind: "no-answer";
  readonly reason: NoAnswerReason;
  /** False only when no byte of the request can have left. */
  readonly sent: boolean;
  /** For a person. Never has a credential in it. */
  readonly detail: string;
}

/** The answer as it came. */
export interface RawAnswer {
  readonly kind: "raw";
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ExchangeLimits {
  readonly signal: AbortSignal;
  /** Absolute limit from now, queueing and connecting included. Milliseconds, > 0. */
  readonly deadlineMs: number;
  /** The body is cut off, and the exchange given up, beyond this. */
  readonly bodyBytesMax: number;
}

/** @returns the answer or why there is none. Never rejects. */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  limits: ExchangeLimits,
): Promise<RawAnswer | NoAnswer> {
  return new Promise((resolve) => {
    new Exchange(resolve, limits).start(dispatcher, request);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (result: RawAnswer | NoAnswer) => void;
  readonly #limits: ExchangeLimits;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status = 0;
  #headers: RawAnswer["headers"] = {};
  readonly #chunks: Buffer[] = [];
  #bodyBytes = 0;

  constructor(resolve: (result: RawAnswer | NoAnswer) => void, limits: ExchangeLimits) {
    this.#resolve = resolve;
    this.#limits = limits;
    this.#timer = setTimeout(
      () => this.#give("timeout", `no answer in ${limits.deadlineMs} ms`),
      limits.deadlineMs,
    );
  }

  start(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): void {
    const { signal } = this.#limits;
    if (signal.aborted) return this.#onAbort();
    signal.addEventListener("abort", this.#onAbort);
    try {
      dispatcher.dispatch(request, this);
    } catch (error) {
      this.#give("not-sendable", `the request cannot be sent: ${errorText(error)}`);
    }
  }

  readonly #onAbort = (): void => this.#give("aborted", "given up by the caller");

  /** The last moment before the first byte leaves: a request that was given up in the queue is never sent. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) {
      controller.abort(new Error("given up"));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: RawAnswer["headers"],
  ): void {
    this.#status = status;
    this.#headers = headers;
    const length = Number(headers["content-length"] ?? 0);
    if (length > this.#limits.bodyBytesMax) this.#tooLarge(`${length} bytes`);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.#limits.bodyBytesMax) this.#tooLarge("no end in sight");
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle({
      kind: "raw",
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#give(reasonOf(error), errorText(error));
  }

  #tooLarge(what: string): void {
    const bound = `${this.#limits.bodyBytesMax} bytes are the limit`;
    this.#give("too-large", `HTTP ${this.#status} with a body that is too large: ${what}, ${bound}`);
  }

  #give(reason: NoAnswerReason, detail: string): void {
    const controller = this.#controller;
    this.#settle({ kind: "no-answer", reason, sent: controller !== null, detail });
    if (controller !== null && !controller.aborted) controller.abort(new Error(detail));
  }

  #settle(result: RawAnswer | NoAnswer): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#limits.signal.removeEventListener("abort", this.#onAbort);
    this.#chunks.length = result.kind === "raw" ? this.#chunks.length : 0;
    this.#resolve(result);
  }
}

/** Node's and OpenSSL's codes for "the certificate does not convince" or "this is not TLS". */
const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|EPROTO|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

function reasonOf(error: Error): NoAnswerReason {
  const code = codeOf(error);
  if (tlsCode.test(code)) return "tls";
  if (error.name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW") return "not-http";
  if (code === "UND_ERR_INVALID_ARG") return "not-sendable";
  return "no-connection";
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(errorText).join("; ");
  const code = codeOf(error);
  return code === "" || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

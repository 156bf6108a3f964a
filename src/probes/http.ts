/**
 * Asks one HTTP/1.1 question over an open connection and judges the answer as early as it can be judged: when the
 * header is complete if no text is wanted in the body, else when the text is found. Redirects are answers and are never
 * followed.
 */
import type { HttpCheck } from "../core/target.ts";
import type { Attempt } from "./attempt.ts";
import type { Connection, Conversation } from "./connection.ts";
import type { KeptConnection } from "./kept-connection.ts";
import { BodyEnd } from "./body-end.ts";
import { type BodyProgress, BodySearch } from "./response-body.ts";
import { fieldOf, HeadReader, type ResponseHead, saysClose } from "./response-head.ts";
import { clip, excerpt } from "./text.ts";

/** One question and what has come back so far. */
export class Exchange implements Conversation {
  readonly #attempt: Attempt;
  readonly #check: HttpCheck;
  readonly #request: Buffer;
  readonly #headReader: HeadReader;
  /** Null: the connection is not left open. */
  readonly #kept: KeptConnection | null;
  #connection: Connection | null = null;
  /** Null unless another request may follow. */
  #bodyEnd: BodyEnd | null = null;
  #body: BodySearch | null = null;
  #statusText = "";

  /**
   * @param request its bytes; see `requestBytes`.
   * @param kept where the connection goes once the answer has passed; null: it is released with the attempt.
   */
  constructor(attempt: Attempt, check: HttpCheck, request: Buffer, kept: KeptConnection | null) {
    this.#attempt = attempt;
    this.#check = check;
    this.#request = request;
    this.#headReader = new HeadReader(check.method);
    this.#kept = kept;
  }

  begin(connection: Connection): void {
    try {
      this.#connection = connection;
      this.#attempt.enter("headers");
      connection.socket.write(
        this.#request,
        this.#attempt.guard(() => this.#requestSent()),
      );
    } catch (error) {
      this.#attempt.endByBug(error);
    }
  }

  take(bytes: Buffer): void {
    try {
      if (this.#body === null) {
        this.#readHead(bytes);
        return;
      }
      this.#bodyEnd?.push(bytes);
      this.#judgeBody(this.#body, this.#body.push(bytes));
    } catch (error) {
      this.#attempt.endByBug(error);
    }
  }

  takeEnd(): void {
    try {
      this.#judgeEnd();
    } catch (error) {
      this.#attempt.endByBug(error);
    }
  }

  takeError(error: Error): void {
    this.#attempt.endBySocketError(error);
  }

  #requestSent(): void {
    if (this.#body === null && this.#attempt.holds(this.#connection)) this.#attempt.enter("headers");
  }

  #readHead(bytes: Buffer): void {
    const progress = this.#headReader.push(bytes);
    if (progress.kind === "bad") this.#attempt.end(progress);
    else if (progress.kind === "head") this.#judgeHead(progress.head, progress.rest);
  }

  #judgeEnd(): void {
    const progress = this.#body?.end();
    if (this.#body !== null && progress !== undefined && progress.kind !== "more") {
      this.#judgeBody(this.#body, progress);
      return;
    }
    const where =
      this.#body !== null ? "in the body" : this.#headReader.started ? "in the header" : "before any byte";
    this.#attempt.end({ cause: "closed", detail: `closed ${where}` });
  }

  #judgeHead(head: ResponseHead, rest: Buffer): void {
    const { expectStatus, expectBody } = this.#check;
    const expected = expectStatus.some(({ from, to }) => head.status >= from && head.status <= to);
    if (!expected && isFarewell(head) && this.#attempt.fallBack()) return;
    this.#attempt.leave();
    this.#attempt.status = head.status;
    this.#statusText = clip(`${head.status} ${head.reason}`.trim(), 80);
    if (this.#kept?.canFollow(head) === true) {
      this.#bodyEnd = new BodyEnd(head.framing);
      this.#bodyEnd.push(rest);
    }
    const stranger = this.#strangerIn(head);
    if (!expected) {
      this.#attempt.end({ cause: "http-status", detail: this.#statusText });
    } else if (stranger !== null) {
      this.#attempt.end({ cause: "identity", detail: stranger });
    } else if (expectBody === null) {
      this.#pass();
    } else {
      this.#attempt.enter("body");
      this.#body = new BodySearch(expectBody, head.framing);
      this.#judgeBody(this.#body, this.#body.push(rest));
    }
  }

  /** @returns what the answer says of its sender when it is not the one that is expected, else null. */
  #strangerIn(head: ResponseHead): string | null {
    const { expectHeader } = this.#check;
    if (expectHeader === null) return null;
    const value = fieldOf(head, expectHeader.name);
    if (value?.includes(expectHeader.value)) return null;
    const said = value === null ? "no such header" : excerpt(value);
    return `${this.#statusText}, ${expectHeader.name} is not ${excerpt(expectHeader.value)}: ${said}`;
  }

  #judgeBody(body: BodySearch, progress: BodyProgress): void {
    if (progress.kind === "more") return;
    if (progress.kind === "bad") {
      this.#attempt.end({ cause: "http-protocol", detail: progress.detail });
      return;
    }
    this.#attempt.leave();
    if (progress.kind === "found") {
      this.#pass();
    } else {
      const text = excerpt(this.#check.expectBody ?? "");
      this.#attempt.end({
        cause: "body",
        detail: `${this.#statusText}, without ${text} in ${body.bytesSeen} bytes of body`,
      });
    }
  }

  #pass(): void {
    if (this.#bodyEnd !== null && this.#connection !== null) {
      if (this.#kept?.keep(this.#connection, this.#bodyEnd) === true) this.#attempt.letGo();
    }
    this.#attempt.end({ cause: "ok", detail: this.#statusText });
  }
}

/**
 * So servers tell an old connection that it has been idle for too long (RFC 9110, section 15.5.9), or that the process behind it
 * leaves while another one has taken over.
 */
function isFarewell(head: ResponseHead): boolean {
  return head.status === 408 || saysClose(head);
}

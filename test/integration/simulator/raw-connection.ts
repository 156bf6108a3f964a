/** One kept-alive connection on which the bytes of a request go out exactly as they are given. */
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface RawAnswer {
  readonly status: number;
  /** In lower case, one line each. */
  readonly head: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export class RawConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #arrived: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#arrived();
    });
    socket.on("close", () => this.#arrived());
  }

  /** @param url e.g. `http://127.0.0.1:9790`. Closed when the test has finished. */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new RawConnection(socket);
  }

  /** @param head Request line and headers, without the empty line after them. */
  async exchange(head: readonly string[], body: string): Promise<RawAnswer> {
    this.#socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    for (;;) {
      const answer = parsed(this.#received);
      if (answer !== null) {
        this.#received = Buffer.alloc(0);
        return answer;
      }
      if (this.#socket.destroyed)
        throw new Error(`Closed in the middle of an answer: ${this.#received.toString()}`);
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }
}

/** Understands chunked bodies only, in which the simulator sends JSON. @returns null while the answer is not whole. */
function parsed(bytes: Buffer): RawAnswer | null {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0 || !text.endsWith("0\r\n\r\n")) return null;
  const head = text.slice(0, end).toLowerCase();
  let body = "";
  for (let rest = text.slice(end + 4); ;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (!(size > 0)) break;
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 2 + size + 2);
  }
  const json: unknown = JSON.parse(Buffer.from(body, "latin1").toString("utf8"));
  return { status: Number(head.split(" ")[1]), head, json };
}

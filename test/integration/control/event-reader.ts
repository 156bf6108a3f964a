/** Somebody who listens to the events on a real socket, and reads as fast or as slowly as the test wants. */
import { request, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";

export interface Heard {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly text: string; readonly group: string | null } & Record<string, unknown>;
}

export interface ReaderOptions {
  /** e.g. `?group=g`. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads nothing until told. */
  readonly paused?: boolean;
}

export class EventReader {
  readonly response: IncomingMessage;
  readonly heard: Heard[] = [];
  readonly comments: string[] = [];
  /** All that was sent, unread by the parser. */
  raw = "";
  /** How it ended: `end`, in good order, or `cut`. */
  readonly ended: Promise<"end" | "cut">;
  #wake: (() => void)[] = [];

  private constructor(response: IncomingMessage) {
    this.response = response;
    const parser = createParser({
      onEvent: ({ id = "", event = "", data }) =>
        this.heard.push({ id, type: event, data: JSON.parse(data) as Heard["data"] }),
      onComment: (comment) => this.comments.push(comment),
    });
    this.ended = new Promise((resolve) => {
      response.on("error", () => undefined);
      response.on("close", () => resolve(response.complete ? "end" : "cut"));
    });
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      this.raw += text;
      parser.feed(text);
      this.#wake.splice(0).forEach((wake) => wake());
    });
  }

  /** @param path of the Unix socket. @returns once the daemon has answered. */
  static open(
    path: string,
    { query = "", headers = {}, paused = false }: ReaderOptions = {},
  ): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const url = { socketPath: path, path: `/api/v1/events${query}`, headers, agent: false };
      const sent = request(url, (response) => {
        const reader = new EventReader(response);
        if (paused) response.pause();
        resolve(reader);
      });
      sent.on("error", reject).end();
    });
  }

  /** @returns once what has been heard is enough. */
  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  get texts(): readonly string[] {
    return this.heard.map(({ data }) => data.text);
  }

  close(): void {
    this.response.destroy();
  }
}

/** A command as a person starts it: the real command, client and HTTP; a scripted cloud, a clock that leaps, a terminal or none. */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

import type { CloudContext } from "../../../src/cli/clouds/context.ts";
import { CliError } from "../../../src/cli/exit-codes.ts";
import {
  leapServices,
  never,
  scriptedServer,
  type ScriptedServer,
  type Seen,
} from "../providers/scripted-server.ts";

export const key = "EXOtestkey0000000000000000000";
export const secret = "test-secret_ABCdef0123456789";
export const token = "c66-token-0123456789abcdef";

/** What came of a command. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  /** With the message of a failure, as the program prints it. */
  readonly err: string;
  /** What the person was asked. */
  readonly asked: readonly string[];
}

export interface Terminal {
  /** What the person answers; null: there is no terminal. Default null. */
  readonly answer?: boolean | null;
  /** Beside the credentials. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export class Stage implements AsyncDisposable {
  readonly server: ScriptedServer;
  readonly services: ReturnType<typeof leapServices> = leapServices();
  readonly #folder: string = mkdtempSync(join(tmpdir(), "failoverd-commands-"));

  private constructor(server: ScriptedServer) {
    this.server = server;
  }

  static async open(): Promise<Stage> {
    return new Stage(await scriptedServer());
  }

  /** The variables of the clouds' own tools. */
  get env(): NodeJS.ProcessEnv {
    return {
      EXOSCALE_API_KEY: key,
      EXOSCALE_API_SECRET: secret,
      EXOSCALE_ZONE: "ch-gva-2",
      EXOSCALE_API_ENDPOINT: `${this.server.origin}/v2`,
      CLOUD66_ACCESS_TOKEN: token,
      CLOUD66_API_URL: this.server.origin,
    };
  }

  /** Writes a file into a folder of the stage. @returns its path. */
  file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  async run(command: (context: CloudContext) => Promise<void>, terminal: Terminal = {}): Promise<Ended> {
    const { answer = null, env = {}, signal = never } = terminal;
    const [out, err, asked] = [collector(), collector(), [] as string[]];
    const context: CloudContext = {
      output: { stdout: out.stream, stderr: err.stream, colours: false },
      env: { ...this.env, ...env },
      services: this.services,
      ask:
        answer === null
          ? null
          : (question) => {
              asked.push(question);
              return Promise.resolve(answer);
            },
      signal,
    };
    const ended = (code: number, message: string): Ended => ({
      code,
      out: out.text(),
      err: err.text() + message,
      asked,
    });
    try {
      await command(context);
      return ended(0, "");
    } catch (error) {
      if (error instanceof CliError) return ended(error.exitCode, error.message);
      throw error;
    }
  }

  /** Changes that arrived, as `PUT /v2/elastic-ip/… {"body":…}`. */
  get changes(): readonly string[] {
    return this.server.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path, body }) => `${method} ${path}${body === "" ? "" : ` ${body}`}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

/** True when Exoscale would take the signature: computed here from what is on the wire. */
export function isSigned({ method, path, body, headers }: Seen): boolean {
  const [bare, query] = path.split("?");
  const expires = /expires=(\d+)/.exec(headers.authorization ?? "")?.[1] ?? "";
  const value = query === undefined ? "" : decodeURIComponent(query.split("=")[1] ?? "");
  const message = [`${method} ${bare}`, body, value, "", expires].join("\n");
  const signature = createHmac("sha256", secret).update(message).digest("base64");
  return headers.authorization?.endsWith(`,signature=${signature}`) === true;
}

function collector(): { readonly stream: Writable; text(): string } {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString("utf8");
      done();
    },
  });
  return { stream, text: () => text };
}

/** Commands of one's own as the contract sees them: the real provider, a real program that is run, its truth in a file. */
import { openExec } from "../../../src/providers/exec/account.ts";
import type { Account } from "../../../src/providers/account.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { Director, ownCommand } from "./director.ts";
import { FastServices } from "./fast-services.ts";
import { callDeadlineMs } from "./hangs.ts";
import type { Misbehaviour } from "./own-command.ts";
import type { Kind, Options, Subject, Trouble, Troubles } from "./subject.ts";

const holderOf = { "own-a": "node-a", "own-b": "node-b", "own-x": "node-x" } as const;
const exit = (status: number, says: string, prints?: string): Misbehaviour => ({
  kind: "exit",
  status,
  says,
  ...(prints === undefined ? {} : { prints }),
});
const print = (text: string): Misbehaviour => ({ kind: "print", text });
const rejected = '{"version":1,"effect":"rejected","why":"the router is full"}';

const noAnswers: readonly (readonly [string, Misbehaviour])[] = [
  ["exit status 1", exit(1, "no route to the router")],
  ["exit status 1 and a good answer", exit(1, "", '{"version":1,"holders":["node-x"]}')],
  ["nothing", print("")],
  ["text", print("node-b has it")],
  ["half an answer", print('{"version":1,"holders":["node-')],
  ["two answers", print('{"version":1,"holders":[]}\n{"version":1,"holders":[]}')],
  ["an answer of another version", print('{"version":2,"holders":[],"effect":"applied"}')],
  ["an answer without a version", print('{"holders":[],"effect":"applied"}')],
  ["JSON of another shape", print('["node-b"]')],
  [
    "an answer with a key that is misspelled",
    print('{"version":1,"holders":[],"bussy":"yes","efect":"applied"}'),
  ],
  ["a megabyte", { kind: "flood" }],
  ["a death by a signal", { kind: "die" }],
];

const troubles: Troubles = {
  reading: noAnswers,
  answers: () => false,
  refused: [
    ["an answer that says so", print(rejected), "the router is full"],
    ["an answer that says so, and exit status 1", exit(1, "", rejected), "the router is full"],
  ],
  undone: [
    ...noAnswers,
    ["an answer that is of a reading", print('{"version":1,"holders":["node-b"]}')],
    ["applied, and exit status 1", exit(1, "", '{"version":1,"effect":"applied"}')],
    ["rejected, without a reason", print('{"version":1,"effect":"rejected"}')],
    ["uncertain", print('{"version":1,"effect":"uncertain","why":"the router did not answer"}')],
  ],
  hang: { kind: "hang" },
  lostReply: { kind: "done-exit" },
  following: [
    ["exit status 1", exit(1, "")],
    ["half an answer", print('{"version":1,')],
    ["what was before", { kind: "stale" }],
  ],
  failing: exit(1, "the router has failed"),
  stuck: { kind: "hang" },
};

const common = {
  reads: ["read"],
  follow: "read",
  troubles,
  failedStep: "uncertain",
  looksFirst: false,
  abortStops: true,
  stuckHangs: true,
  endlesslyBusy: false,
  foreign: { holders: ["own-x"], members: ["own-a", "own-b"], named: "node-x" },
  unfit: {
    title: "programs that nobody may run",
    said: /cannot be run by the user of failoverd/,
    fix: /^chmod \+x/,
    secret: /director\.sock/,
  },
} as const;

const flip: Omit<Kind, "start"> = {
  ...common,
  name: "exec (flip)",
  steps: [
    { step: { kind: "flip", member: "own-b" }, operation: "move", before: ["own-a"], after: ["own-b"] },
  ],
  back: [{ kind: "flip", member: "own-a" }],
  unsupported: [
    { kind: "attach", member: "own-b" },
    { kind: "detach", member: "own-a" },
  ],
};

const attachDetach: Omit<Kind, "start"> = {
  ...common,
  name: "exec (attach-detach)",
  steps: [
    {
      step: { kind: "attach", member: "own-b" },
      operation: "move",
      before: ["own-a"],
      after: ["own-a", "own-b"],
    },
    {
      step: { kind: "detach", member: "own-a" },
      operation: "move",
      before: ["own-a", "own-b"],
      after: ["own-b"],
    },
  ],
  back: [
    { kind: "attach", member: "own-a" },
    { kind: "detach", member: "own-b" },
  ],
  unsupported: [{ kind: "flip", member: "own-b" }],
};

export const own: readonly Kind[] = [
  { ...flip, start: (options = {}) => Own.start(flip, "flip", options) },
  { ...attachDetach, start: (options = {}) => Own.start(attachDetach, "attach-detach", options) },
];

class Own implements Subject {
  readonly provider: Provider;
  readonly services: FastServices = new FastServices();
  readonly #director: Director;
  readonly #account: Account;

  private constructor(director: Director, transfer: "flip" | "attach-detach", options: Options) {
    const { members = ["own-a", "own-b"], isUnfit = false } = options;
    this.#director = director;
    const command = isUnfit ? [director.unfitProgram()] : ownCommand;
    this.#account = openExec(
      {
        read: command,
        move: command,
        transfer,
        dnsTtlMs: null,
        readTimeoutMs: callDeadlineMs,
        moveTimeoutMs: callDeadlineMs,
        settleMs: 2_000,
        atOnceMax: 4,
        env: Object.fromEntries(
          Object.entries(director.env).map(([name, value]) => [name, { reveal: () => value }]),
        ),
      },
      this.services,
    );
    const bound = Object.entries(holderOf).flatMap(([name, holder]) =>
      members.includes(name) ? [{ name, holder }] : [],
    );
    this.provider = this.#account.bind({
      name: "web",
      address: "10.0.0.100",
      usesStored: false,
      members: bound,
    });
  }

  static async start(
    kind: Omit<Kind, "start">,
    transfer: "flip" | "attach-detach",
    options: Options,
  ): Promise<Own> {
    const names = options.holders ?? kind.steps[0]?.before ?? [];
    return new Own(await Director.start(names.map(heldAs)), transfer, options);
  }

  get holders(): readonly string[] {
    return this.#director.holders.map(nameOf).sort();
  }

  setHolders(names: readonly string[]): void {
    this.#director.holders = names.map(heldAs);
  }

  get asked(): number {
    return this.#director.asked.length;
  }

  get changesAsked(): number {
    return this.#director.asked.filter(({ question }) => question.operation === "move").length;
  }

  get changes(): number {
    return this.#director.changes;
  }

  breaks(operation: string, trouble: Trouble, times: number | "always" = "always"): void {
    this.#director.breaks(operation, trouble as Misbehaviour, times === "always" ? Infinity : times);
  }

  mends(): void {
    this.#director.mends();
  }

  onRequest(listener: () => void): void {
    this.#director.onAsked(listener);
  }

  once(operation: string, action: () => void): void {
    const off = this.#director.onAsked((asked) => {
      if (asked !== operation) return;
      off();
      action();
    });
  }

  onHang(listener: () => void): void {
    this.#director.onHang(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#account.close();
    await this.#director[Symbol.asyncDispose]();
  }
}

function heldAs(name: string): string {
  return Object.entries(holderOf).find(([known]) => known === name)?.[1] ?? name;
}

function nameOf(holder: string): string {
  return Object.entries(holderOf).find(([, known]) => known === holder)?.[0] ?? holder;
}

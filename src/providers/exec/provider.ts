/**
 * An address that commands of one's own read and move. What they do is theirs; that it is bounded, that no answer is taken for
 * another, and that nothing is begun while an earlier run may still be at work, is ours.
 *
 *   read   answers, exit 0             known
 *          anything else               unknown
 *   move   not run                     rejected: surely nothing was done
 *          says rejected, any status   rejected
 *          says applied, exit 0        applied
 *          anything else               uncertain, and busy until it shows or `settle` has passed
 */
import type { Capabilities, Effect, Reading, Step } from "../../core/address.ts";
import type { GroupAtProvider } from "../account.ts";
import type { Finding, Provider, ProviderServices } from "../provider.ts";
import { excerpt } from "../read-answer.ts";
import { checkGroup } from "./check.ts";
import type { Asked, Commands } from "./commands.ts";
import { parseMoveAnswer, parseReadAnswer, type MoveAnswer, type ReadAnswer } from "./protocol.ts";
import { UnresolvedMove } from "./unresolved.ts";

export interface ExecManner {
  readonly transfer: Capabilities["transfer"];
  /** Null: an address moves by routes. */
  readonly dnsTtlMs: number | null;
  readonly readTimeoutMs: number;
  readonly moveTimeoutMs: number;
  readonly settleMs: number;
}

export interface ExecGroup {
  readonly group: GroupAtProvider;
  /** Shared by all groups of the account. Closing them is the caller's part. */
  readonly commands: Commands;
  readonly manner: ExecManner;
}

/** What a reading comes to: a `Reading` with the holders as the command calls them. */
export type Seen =
  | { readonly kind: "seen"; readonly answer: ReadAnswer }
  | { readonly kind: "unseen"; readonly detail: string };

/** Beyond the time of a command, so that it is the command that runs out of time and says so. Milliseconds. */
const marginMs = 1_000;

export function createExecProvider(group: ExecGroup, services: ProviderServices): Provider {
  return new ExecProvider(group, services);
}

class ExecProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly callsOfMove: readonly string[];
  readonly callsOfCheck: number = 1;
  readonly #parts: ExecGroup;
  readonly #unresolved: UnresolvedMove;
  /** A move by this process is the only proof that the command works. */
  #isProven = false;

  constructor(parts: ExecGroup, services: ProviderServices) {
    const { transfer, dnsTtlMs, readTimeoutMs, moveTimeoutMs, settleMs } = parts.manner;
    this.#parts = parts;
    this.#unresolved = new UnresolvedMove(settleMs, services);
    this.capabilities = {
      transfer,
      severalHolders: transfer === "attach-detach",
      actsOn: dnsTtlMs === null ? { kind: "routes" } : { kind: "dns", ttlMs: dnsTtlMs },
      readDeadlineMs: readTimeoutMs + marginMs,
      stepDeadlineMs: moveTimeoutMs + marginMs,
    };
    this.callsOfMove =
      transfer === "flip"
        ? ["1 run of move", "1 run of read after it"]
        : ["2 runs of move, one to attach and one to detach", "1 run of read after each"];
  }

  async read(signal: AbortSignal): Promise<Reading> {
    const settled = this.#unresolved.beforeReading();
    const seen = await this.#see(signal);
    if (seen.kind === "unseen") return { kind: "unknown", detail: seen.detail };
    const { holders, busy } = seen.answer;
    const { members } = this.#parts.group;
    const ours = this.#unresolved.busyAfter(settled, holders);
    return {
      kind: "known",
      holders: members.flatMap(({ name, holder }) => (holders.includes(holder) ? name : [])),
      foreign: holders.filter((id) => !members.some(({ holder }) => holder === id)),
      busy: busy === null ? ours : `the command says: ${excerpt(busy)}`,
    };
  }

  async execute(step: Step, signal: AbortSignal): Promise<Effect> {
    const { group, commands, manner } = this.#parts;
    const isFlip = step.kind === "flip";
    if (isFlip !== (manner.transfer === "flip"))
      return {
        kind: "rejected",
        detail: `The provider has transfer: ${manner.transfer}, so it knows no ${step.kind}`,
      };
    const member = group.members.find(({ name }) => name === step.member);
    if (member === undefined) return { kind: "rejected", detail: `The group has no member ${step.member}` };

    const asked = await commands.ask({ group, step: { kind: step.kind, member } }, signal);
    const effect = effectOf(step, asked);
    this.#isProven ||= effect.kind === "applied";
    this.#unresolved.remember(
      effect.kind === "uncertain" ? { step, holder: member.holder, gone: asked.gone } : null,
    );
    return effect;
  }

  async check(signal: AbortSignal): Promise<readonly Finding[]> {
    const { group, commands } = this.#parts;
    const [read, move] = await Promise.all([commands.unfitness("read"), commands.unfitness("move")]);
    return checkGroup({
      group,
      programs: [
        { operation: "read", path: commands.program("read"), unfit: read },
        { operation: "move", path: commands.program("move"), unfit: move },
      ],
      seen: read === null ? await this.#see(signal) : null,
      isProven: this.#isProven,
      givenUp: this.#unresolved.givenUp,
    });
  }

  async #see(signal: AbortSignal): Promise<Seen> {
    const { group, commands, manner } = this.#parts;
    const asked = await commands.ask({ group, step: null }, signal);
    const unseen = (what: string): Seen => ({
      kind: "unseen",
      detail: `Cannot ask who holds ${group.address}: ${commands.program("read")}: ${withWords(what, asked)}`,
    });
    const { end } = asked;
    if (end.kind !== "exited")
      return unseen(end.kind === "cut" ? `no answer (${end.code}): ${end.why}` : end.why);
    if (end.status !== 0) return unseen(`exit status ${end.status}`);
    const parsed = parseReadAnswer(end.output);
    if ("problem" in parsed) return unseen(parsed.problem);
    const { holders } = parsed.ok;
    if (manner.transfer === "flip" && holders.length > 1)
      return unseen(
        `it names several holders, and with transfer: flip there is one: ${excerpt(holders.join(", "))}`,
      );
    return { kind: "seen", answer: parsed.ok };
  }
}

/** @returns what came of a run of `move`. Only a run that never was, and a word to that end, are proof that nothing was done. */
function effectOf({ kind }: Step, asked: Asked): Effect {
  const { end } = asked;
  if (end.kind === "not-run")
    return { kind: "rejected", about: "call", detail: `${kind}: nothing was run: ${end.why}` };
  const uncertain = (what: string): Effect => ({
    kind: "uncertain",
    detail: `${kind}: ${withWords(what, asked)}`,
  });
  if (end.kind === "cut") return uncertain(`no answer (${end.code}): ${end.why}`);
  const parsed = parseMoveAnswer(end.output);
  if ("problem" in parsed) return uncertain(`exit status ${end.status}, and ${parsed.problem}`);
  const { effect, why }: MoveAnswer = parsed.ok;
  const detail = `${kind}: ${why === null ? `the command says ${effect}` : excerpt(why)}`;
  if (effect === "applied" && end.status !== 0)
    return uncertain(`it says applied, and yet its exit status is ${end.status}`);
  return { kind: effect, detail };
}

function withWords(what: string, { lastWords }: Asked): string {
  return lastWords === null ? what : `${what}; it said: ${excerpt(lastWords)}`;
}

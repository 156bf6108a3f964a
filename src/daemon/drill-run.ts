/**
 * The drill of one group, as far as somebody has to remember it: which run of its pattern is done with, the drill under way, and
 * what is reported of it. Whether a move of it is made is decided by the planner alone.
 *
 *   state     seen                                      next state
 *   idle      its time begins                           due
 *   due       a move of the drill begins                out
 *   due       its window ends, or it leaves the config  idle: skipped
 *   out       that move is completed                    away
 *   away      the move back is completed                home, or idle: completed, when nobody looks through the address
 *   home      an answer through the address, or none    idle: completed, or unverified
 *   any else  nothing more can come of it               idle: abandoned
 */
import { againstDrill, endOfDrill, type DrillFacts, type DrillUnderWay } from "../core/drill.ts";
import type { GroupFacts } from "../core/facts.ts";
import { presentHolders } from "../core/holders.ts";
import type { Plan } from "../core/plan.ts";
import type { DrillConfig } from "../config/config.ts";
import { spanAt } from "./calendar.ts";
import type { Clock } from "./clock.ts";
import { drillText } from "./drill-text.ts";
import type { DaemonEvent, DrillLeg, DrillNews, DrillOutcome } from "./events.ts";

/** What a predecessor has left. */
export interface RestoredDrill {
  readonly open: DrillUnderWay | null;
  readonly endedWallMs: number | null;
  readonly succeededWallMs: number | null;
}

/** Who gives the address to whom, and when that began. */
type Route = Pick<DrillUnderWay, "home" | "away" | "startedAt">;

type State =
  | { readonly phase: "idle" }
  /** The run of the pattern that is due, milliseconds since 1970, and what was last against it. */
  | { readonly phase: "due"; readonly runWallMs: number; readonly against: string }
  | UnderWay;

type UnderWay =
  | (Route & { readonly phase: "out"; readonly until: number })
  /** A leg of null: a process before this one has made that move. */
  | (Route & { readonly phase: "away"; readonly until: number; readonly out: DrillLeg | null })
  | (Route & { readonly phase: "home"; readonly out: DrillLeg | null; readonly back: DrillLeg | null });

const idle: State = { phase: "idle" };

export interface DrillRunParts {
  readonly clock: Clock;
  readonly config: DrillConfig | null;
  readonly restored: RestoredDrill | null;
  readonly tell: (news: DrillNews) => void;
}

export class DrillRun {
  readonly #clock: Clock;
  readonly #tell: DrillRunParts["tell"];
  #config: DrillConfig | null;
  #state: State;
  /** The run of the pattern that was begun or skipped. Milliseconds since 1970. */
  #doneWallMs: number | null = null;
  #succeededWallMs: number | null;
  readonly #bornAt: number;
  /** Until then the processes before this one have said what became of each drill. */
  readonly #toldUntilWallMs: number;

  constructor({ clock, config, restored, tell }: DrillRunParts) {
    this.#clock = clock;
    this.#config = config;
    this.#tell = tell;
    const open = restored?.open ?? null;
    this.#state = open === null ? idle : restoredState(open);
    this.#succeededWallMs = restored?.succeededWallMs ?? null;
    this.#bornAt = clock.now();
    this.#toldUntilWallMs = restored?.endedWallMs ?? -Infinity;
  }

  /** When one last went there and back as it should, milliseconds since 1970; null: none is known. */
  get succeededWallMs(): number | null {
    return this.#succeededWallMs;
  }

  get isUnderWay(): boolean {
    return isUnderWay(this.#state);
  }

  facts(): DrillFacts | null {
    const state = this.#state;
    switch (state.phase) {
      case "idle":
      case "due": {
        const run = this.#presentRun();
        return run === null || run.isMissed ? null : { phase: "due" };
      }
      case "out":
      case "away":
        return this.#config === null ? null : state;
      case "home":
        return null;
    }
  }

  reload(config: DrillConfig | null): void {
    this.#config = config;
  }

  /** After each decision: what has become of it? */
  look(facts: GroupFacts, plan: Plan): void {
    if (isUnderWay(this.#state)) this.#lookUnderWay(this.#state, facts);
    else this.#lookAhead(facts, plan);
  }

  /** The group is watched no longer. */
  letGo(): void {
    this.#end("abandoned", "the group has left the config");
  }

  /** Told of everything that happens in the group, before anybody else. */
  take(event: DaemonEvent): void {
    if (event.type === "move-started" && event.move.trigger === "drill") this.#began(event.move);
    if (event.type === "move-ended" && event.outcome === "completed" && event.move.trigger === "drill")
      this.#arrived(event.move.to[0], { stepsMs: event.stages.steps, answeredAfterMs: null, outageMs: null });
    if (event.type === "verified") this.#answered(event);
  }

  /** @returns the run whose time it is, unless it is done with. */
  #presentRun(): { readonly wallMs: number; readonly isMissed: boolean } | null {
    if (this.#config === null) return null;
    const wallNow = this.#clock.wallNow();
    const { isOpen, fromWallMs: wallMs } = spanAt(this.#config, wallNow);
    if (!isOpen || wallMs === this.#doneWallMs) return null;
    // Whoever has not seen its time begin does not know what was done about it.
    return { wallMs, isMissed: this.#clock.now() - (wallNow - wallMs) < this.#bornAt };
  }

  #lookAhead(facts: GroupFacts, plan: Plan): void {
    const run = this.#presentRun();
    const state = this.#state;
    if (state.phase === "due" && state.runWallMs !== run?.wallMs) this.#skip(state.runWallMs, state.against);
    if (run === null) return;
    if (run.isMissed) {
      const isTold = this.#toldUntilWallMs >= run.wallMs;
      this.#doneWallMs = run.wallMs;
      if (!isTold) this.#skip(run.wallMs, "this process began only after its time");
    } else if (plan.kind === "hold") {
      const against = plan.rule === "steady" ? (againstDrill(facts) ?? plan.why) : plan.why;
      this.#state = { phase: "due", runWallMs: run.wallMs, against };
    }
  }

  #skip(runWallMs: number, against: string): void {
    this.#state = idle;
    this.#doneWallMs = runWallMs;
    const nowhere = { home: "", away: "", out: null, back: null };
    this.#news({ phase: "ended", outcome: "skipped", ...nowhere }, against);
  }

  #lookUnderWay(state: UnderWay, facts: GroupFacts): void {
    if (this.#config === null) return this.#end("abandoned", "it has left the config");
    if (state.phase === "home") return this.#lookForAnswer(state, facts);
    if (isSettled(facts)) {
      // The process before this one has made the move, and did not come to write down that it has arrived.
      const isRestored = legsOf(state).out === null && !isByHand(state, facts);
      const [holder, ...others] = presentHolders(facts);
      if (isRestored && others.length === 0 && holder !== undefined) this.#arrived(holder.name, null);
      if (this.#state !== state) return;
    }
    const end = endOfDrill(state, facts);
    if (end !== null) this.#end("abandoned", end);
  }

  #lookForAnswer({ home }: Route, { path, now }: GroupFacts): void {
    if (path === null) return this.#end("completed", null);
    const { pending } = path;
    if (pending !== null && pending.member === home && now < pending.until) return;
    this.#end("unverified", `${home} has the address again, and no answer through it was seen in time`);
  }

  #began({ from, to }: { readonly from: readonly string[]; readonly to: readonly string[] }): void {
    const [home, away] = [from[0], to[0]];
    if (this.isUnderWay || this.#config === null || home === undefined || away === undefined) return;
    const startedAt = this.#clock.now();
    this.#doneWallMs = this.#presentRun()?.wallMs ?? this.#doneWallMs;
    this.#state = { phase: "out", home, away, startedAt, until: startedAt + this.#config.holdMs };
    this.#news({ phase: "out", home, away, outcome: null, out: null, back: null });
  }

  #arrived(at: string | undefined, leg: DrillLeg | null): void {
    const state = this.#state;
    if (this.#config === null) return;
    if (state.phase === "out" && at === state.away) {
      const { home, away } = state;
      this.#state = { ...state, phase: "away", until: this.#clock.now() + this.#config.holdMs, out: leg };
      this.#news({ phase: "away", home, away, outcome: null, out: leg, back: null });
    } else if (state.phase === "away" && at === state.home) {
      const { home, away, startedAt, out } = state;
      this.#state = { phase: "home", home, away, startedAt, out, back: leg };
    }
  }

  #answered({ member, afterMs, outageMs, late }: Extract<DaemonEvent, { type: "verified" }>): void {
    const state = this.#state;
    const seen = (leg: DrillLeg | null): DrillLeg | null =>
      leg && { ...leg, answeredAfterMs: late ? null : afterMs, outageMs };
    if (state.phase === "away" && member === state.away) this.#state = { ...state, out: seen(state.out) };
    if (state.phase !== "home" || member !== state.home) return;
    this.#state = { ...state, back: seen(state.back) };
    const isSure = !late && (state.out === null || state.out.answeredAfterMs !== null);
    if (isSure) this.#end("completed", null);
    else this.#end("unverified", "no answer came in time through the address");
  }

  /** It is over, if one is under way. @param why null: it went as it should. */
  #end(outcome: DrillOutcome, why: string | null): void {
    const state = this.#state;
    if (!isUnderWay(state)) return;
    this.#state = idle;
    // Also when a process before this one has begun it.
    this.#doneWallMs = this.#presentRun()?.wallMs ?? this.#doneWallMs;
    if (outcome === "completed") this.#succeededWallMs = this.#clock.wallNow();
    this.#news({ phase: "ended", home: state.home, away: state.away, outcome, ...legsOf(state) }, why);
  }

  #news(news: Omit<DrillNews, "holdMs" | "text">, why: string | null = null): void {
    const told = { ...news, holdMs: this.#config?.holdMs ?? 0 };
    this.#tell({ ...told, text: drillText(told, why) });
  }
}

function restoredState({ phase, home, away, startedAt, until }: DrillUnderWay): UnderWay {
  const route = { home, away, startedAt, until };
  return phase === "out" ? { phase, ...route } : { phase, ...route, out: null };
}

function isUnderWay(state: State): state is UnderWay {
  return state.phase !== "idle" && state.phase !== "due";
}

/** @returns the moves so far. */
function legsOf(state: UnderWay): { readonly out: DrillLeg | null; readonly back: DrillLeg | null } {
  switch (state.phase) {
    case "out":
      return { out: null, back: null };
    case "away":
      return { out: state.out, back: null };
    case "home":
      return { out: state.out, back: state.back };
  }
}

function isSettled({ history, truth }: GroupFacts): boolean {
  return history.inFlight === null && truth.reading?.kind === "known" && truth.reading.busy === null;
}

function isByHand({ startedAt }: Route, { history, truth }: GroupFacts): boolean {
  const foreign = truth.reading?.kind === "known" ? truth.reading.foreign.length : 0;
  return foreign > 0 || (history.changedByHand?.at ?? -Infinity) > startedAt;
}

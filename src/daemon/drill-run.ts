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
import { formatDuration } from "../config/duration.ts";
import type { DrillConfig } from "../config/config.ts";
import { spanAt } from "./calendar.ts";
import type { Clock } from "./clock.ts";
import type { DaemonEvent, DrillLeg, DrillNews, DrillOutcome } from "./events.ts";

/** What a predecessor has left. */
export interface RestoredDrill {
  readonly open: DrillUnderWay | null;
  readonly endedWallMs: number | null;
  readonly succeededWallMs: number | null;
}

interface UnderWay extends Omit<DrillUnderWay, "phase"> {
  readonly phase: DrillUnderWay["phase"] | "home";
  readonly out: DrillLeg | null;
  readonly back: DrillLeg | null;
}

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
  #state: UnderWay | null;
  /** The run of the pattern that was begun or skipped. Milliseconds since 1970. */
  #doneWallMs: number | null = null;
  /** The run that is due, and what was last against it. */
  #due: { readonly runWallMs: number; readonly against: string } | null = null;
  #succeededWallMs: number | null;
  readonly #bornAt: number;
  /** Until then the processes before this one have said what became of each drill. */
  readonly #toldUntilWallMs: number;

  constructor({ clock, config, restored, tell }: DrillRunParts) {
    this.#clock = clock;
    this.#config = config;
    this.#tell = tell;
    const open = restored?.open ?? null;
    this.#state = open && { ...open, out: null, back: null };
    this.#succeededWallMs = restored?.succeededWallMs ?? null;
    this.#bornAt = clock.now();
    this.#toldUntilWallMs = restored?.endedWallMs ?? -Infinity;
  }

  /** When one last went there and back as it should, milliseconds since 1970; null: none is known. */
  get succeededWallMs(): number | null {
    return this.#succeededWallMs;
  }

  get isUnderWay(): boolean {
    return this.#state !== null;
  }

  facts(): DrillFacts | null {
    const state = this.#state;
    if (state !== null)
      return this.#config === null || state.phase === "home" ? null : { ...state, phase: state.phase };
    const run = this.#presentRun();
    return run === null || run.isMissed ? null : { phase: "due" };
  }

  reload(config: DrillConfig | null): void {
    this.#config = config;
  }

  /** After each decision: what has become of it? */
  look(facts: GroupFacts, plan: Plan): void {
    if (this.#state !== null) this.#lookUnderWay(this.#state, facts);
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
    const due = this.#due;
    if (due !== null && due.runWallMs !== run?.wallMs) this.#skip(due.runWallMs, due.against);
    if (run === null) return;
    if (run.isMissed) {
      const isTold = this.#toldUntilWallMs >= run.wallMs;
      this.#doneWallMs = run.wallMs;
      if (!isTold) this.#skip(run.wallMs, "this process began only after its time");
    } else if (plan.kind === "hold") {
      const against = plan.rule === "steady" ? (againstDrill(facts) ?? plan.why) : plan.why;
      this.#due = { runWallMs: run.wallMs, against };
    }
  }

  #skip(runWallMs: number, against: string): void {
    this.#due = null;
    this.#doneWallMs = runWallMs;
    this.#report("skipped", { home: "", away: "", out: null, back: null }, against);
  }

  #lookUnderWay(state: UnderWay, facts: GroupFacts): void {
    if (this.#config === null) return this.#end("abandoned", "it has left the config");
    const { phase } = state;
    if (phase === "home") return this.#lookForAnswer(state, facts);
    if (isSettled(facts)) {
      // The process before this one has made the move, and did not come to write down that it has arrived.
      const isRestored = state.out === null && !isByHand(state, facts);
      const [holder, ...others] = presentHolders(facts);
      if (isRestored && others.length === 0 && holder !== undefined) this.#arrived(holder.name, null);
      if (this.#state !== state) return;
    }
    const end = endOfDrill({ ...state, phase }, facts);
    if (end !== null) this.#end("abandoned", end);
  }

  #lookForAnswer({ home }: UnderWay, { path, now }: GroupFacts): void {
    if (path === null) return this.#end("completed", null);
    const { pending } = path;
    if (pending !== null && pending.member === home && now < pending.until) return;
    this.#end("unverified", `${home} has the address again, and no answer through it was seen in time`);
  }

  #began({ from, to }: { readonly from: readonly string[]; readonly to: readonly string[] }): void {
    const [home, away] = [from[0], to[0]];
    if (this.#state !== null || this.#config === null || home === undefined || away === undefined) return;
    const { holdMs } = this.#config;
    const startedAt = this.#clock.now();
    this.#doneWallMs = this.#presentRun()?.wallMs ?? this.#doneWallMs;
    this.#due = null;
    this.#state = { phase: "out", home, away, startedAt, until: startedAt + holdMs, out: null, back: null };
    const text = `drill: the address goes from ${home} to ${away}, and back after ${formatDuration(holdMs)}`;
    this.#news({ phase: "out", home, away, outcome: null, out: null, back: null, text });
  }

  #arrived(at: string | undefined, leg: DrillLeg | null): void {
    const state = this.#state;
    if (state === null || this.#config === null) return;
    const { phase, home, away } = state;
    const { holdMs } = this.#config;
    if (phase === "out" && at === away) {
      this.#state = { ...state, phase: "away", until: this.#clock.now() + holdMs, out: leg };
      const text = `drill: ${away} has the address, and ${home} gets it back after ${formatDuration(holdMs)}`;
      this.#news({ phase: "away", home, away, outcome: null, out: leg, back: null, text });
    }
    if (phase === "away" && at === home) this.#state = { ...state, phase: "home", back: leg };
  }

  #answered({ member, afterMs, outageMs, late }: Extract<DaemonEvent, { type: "verified" }>): void {
    const state = this.#state;
    if (state === null) return;
    const seen = (leg: DrillLeg | null): DrillLeg | null =>
      leg && { ...leg, answeredAfterMs: late ? null : afterMs, outageMs };
    if (state.phase === "away" && member === state.away) this.#state = { ...state, out: seen(state.out) };
    if (state.phase !== "home" || member !== state.home) return;
    this.#state = { ...state, back: seen(state.back) };
    const isSure = !late && (state.out === null || state.out.answeredAfterMs !== null);
    if (isSure) this.#end("completed", null);
    else this.#end("unverified", "no answer came in time through the address");
  }

  /** It is over. @param why null: it went as it should. */
  #end(outcome: DrillOutcome, why: string | null): void {
    const state = this.#state;
    if (state === null) return;
    this.#state = null;
    // Also when a process before this one has begun it.
    this.#doneWallMs = this.#presentRun()?.wallMs ?? this.#doneWallMs;
    if (outcome === "completed") this.#succeededWallMs = this.#clock.wallNow();
    this.#report(outcome, state, why);
  }

  #report(
    outcome: DrillOutcome,
    { home, away, out, back }: Pick<UnderWay, "home" | "away" | "out" | "back">,
    why: string | null,
  ): void {
    const moves = [legText(`to ${away}`, out), legText(`back to ${home}`, back)].filter(
      (text) => text !== null,
    );
    const text = [`drill ${outcome}${why === null ? "" : `: ${why}`}`, ...moves].join("; ");
    this.#news({ phase: "ended", home, away, outcome, out, back, text });
  }

  #news(news: Omit<DrillNews, "holdMs">): void {
    this.#tell({ ...news, holdMs: this.#config?.holdMs ?? 0 });
  }
}

function isSettled({ history, truth }: GroupFacts): boolean {
  return history.inFlight === null && truth.reading?.kind === "known" && truth.reading.busy === null;
}

function isByHand({ startedAt }: UnderWay, { history, truth }: GroupFacts): boolean {
  const foreign = truth.reading?.kind === "known" ? truth.reading.foreign.length : 0;
  return foreign > 0 || (history.changedByHand?.at ?? -Infinity) > startedAt;
}

/** e.g. `to web-b in 2s310ms, answered after 3ms, no answer for 1s`. */
function legText(where: string, leg: DrillLeg | null): string | null {
  if (leg === null) return null;
  const { stepsMs, answeredAfterMs, outageMs } = leg;
  const answered = answeredAfterMs === null ? "" : `, answered after ${formatDuration(answeredAfterMs)}`;
  const outage = outageMs === null ? "" : `, clients without an answer for ${formatDuration(outageMs)}`;
  return `${where} in ${formatDuration(stepsMs)}${answered}${outage}`;
}

/** Where the time of the move under way goes: from the first failed probe to the verdict, to the first step, to the end. */
import type { Move } from "../core/facts.ts";
import type { MoveStages } from "./events.ts";
import type { Members } from "./members.ts";

interface Begun {
  readonly detection: number | null;
  readonly decision: number | null;
  readonly firstStepAt: number;
}

export class StageClock {
  /** Null: a process before this one has begun the move, and what that saw is not known here. */
  #begun: Begun | null = null;

  /** The first step of a move is about to be taken. */
  begin(move: Move, members: Members, now: number): void {
    const trouble = move.trigger === "failover" ? members.trouble(move.from) : null;
    this.#begun = {
      detection: trouble === null ? null : trouble.verdictAt - trouble.firstFailAt,
      decision: trouble === null ? null : now - trouble.verdictAt,
      firstStepAt: now,
    };
  }

  /** @param seesOutage the outage is seen through the address, a little later and better. */
  end(move: Move, seesOutage: boolean, now: number): MoveStages {
    const { detection, decision, firstStepAt } = this.#begun ?? {
      detection: null,
      decision: null,
      firstStepAt: move.startedAt,
    };
    this.#begun = null;
    const steps = now - firstStepAt;
    const outage = seesOutage || detection === null ? null : detection + (decision ?? 0) + steps;
    return { detection, decision, steps, outage };
  }
}

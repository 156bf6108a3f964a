/** What is asked of a person in `mode: approve`, and what the answer was. One question at a time for each group. */
import { approvalMs, questionMs, rejectionMs, type Answer } from "../core/approval.ts";
import { isSameDecision, type Decision } from "../core/decision.ts";
import type { Plan } from "../core/plan.ts";
import { stateOf } from "../core/rules.ts";

/** A move that waits for a person. */
export interface Question {
  /** Names this question, so that an answer to an older one is not taken for it. */
  readonly id: string;
  readonly decision: Decision;
  readonly why: string;
  readonly askedAt: number;
  /** After this instant it is asked anew, under another id. Monotonic milliseconds. */
  readonly until: number;
}

export class Approvals {
  #question: Question | null = null;
  #answer: Answer | null = null;
  #count = 0;

  get question(): Question | null {
    return this.#question;
  }

  get answer(): Answer | null {
    return this.#answer;
  }

  /**
   * Takes the present plan into account.
   *
   * @param stamp makes ids of one process differ from those of another.
   * @returns the question when it is a new one, else null.
   */
  take(plan: Plan, now: number, stamp: number): Question | null {
    // All is well again: if the same move is wanted later, it is for another trouble.
    if (plan.rule === "steady") this.#answer = null;
    if (plan.kind !== "hold" || plan.rule !== "approval" || plan.decision === null) {
      if (!isInterruption(plan)) this.#question = null;
      return null;
    }
    const open = this.#question;
    if (open !== null && now < open.until && isSameDecision(open.decision, plan.decision)) return null;
    this.#count += 1;
    const id = `${Math.floor(stamp / 1_000).toString(36)}-${this.#count}`;
    const { decision } = plan;
    this.#question = { id, decision, why: decision.why, askedAt: now, until: now + questionMs };
    return this.#question;
  }

  /** Answers the question that is open. */
  settle(question: Question, verdict: Answer["verdict"], by: string, now: number): void {
    const forMs = verdict === "approved" ? approvalMs : rejectionMs;
    this.#answer = { ...question.decision, verdict, by, until: now + forMs };
    this.#question = null;
  }

  /** The move that was waited for begins: its approval is used up, so that the next one is asked for, also if it is like it. */
  use(): void {
    if (this.#answer?.verdict === "approved") this.#answer = null;
  }

  /** Forgets what was answered. @returns true when something was rejected. */
  forget(): boolean {
    const was = this.#answer?.verdict === "rejected";
    this.#answer = null;
    return was;
  }
}

/** For a moment it is not known whether the move is still wanted; who answers meanwhile has answered the same question. */
function isInterruption({ kind, rule }: Plan): boolean {
  return kind === "ask" || stateOf(rule) === "blind" || rule === "busy" || rule === "backoff";
}

/**
 * Probes through the address of a group, as its clients do: whether a move has reached them, and how long they were without
 * an answer. What it sees never counts for or against the health of a member.
 */
import { isIP } from "node:net";
import type { Cause } from "../core/cause.ts";
import { outcomeOf } from "../core/cause.ts";
import { evidenceMaxAgeMs } from "../core/evidence.ts";
import { observe, unknownHealth, type MemberHealth } from "../core/health.ts";
import type { PathFacts, PendingVerification } from "../core/path.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import { Outages } from "./outages.ts";
import type { GroupConfig, PathConfig } from "../config/config.ts";
import { isProbed, type ProbedMember } from "../config/stored-healthcheck.ts";

/** How often the address is asked while an answer is waited for, or missing. Milliseconds. */
const fastMs = 1_000;
/** Addresses of a member that are remembered; a name may have several. */
const addressesKept = 16;

/** The first answer after a move. Milliseconds. */
export interface Verified {
  readonly member: string;
  /** From the end of the move to the answer. */
  readonly afterMs: number;
  /** From the first probe through the address that failed to the first answer after the last one that did; 0: none failed. */
  readonly outageMs: number;
  /** It came only after the time that the config gives it. */
  readonly late: boolean;
}

interface Pending extends PendingVerification {
  /** When the move began. */
  readonly startedAt: number;
  /** When it ended. */
  readonly since: number;
}

export class PathWatch {
  readonly #members: readonly ProbedMember[];
  readonly #path: PathConfig;
  readonly #withinMs: number;
  /** How often it is probed: as often as the member that is probed most, and faster while an answer is missing. */
  readonly pace: Target;
  /** Where each member was found by its own probes. */
  readonly #addresses = new Map<string, readonly string[]>();
  #health: MemberHealth;
  #detail: string | null = null;
  /** When a probe last told something. Monotonic milliseconds. */
  #seenAt = -Infinity;
  #pending: Pending | null = null;
  readonly #outages = new Outages();
  /** When the first probe failed after the last answer, but no longer ago than the holders are the same. */
  #runSince: number | null = null;
  /** The member that the last move has brought the address to, and those that were tried before it. */
  #lastMove: Pick<PendingVerification, "member" | "tried"> | null = null;
  /** Whose answer the probe wants, as last read. Null: nothing was read yet. */
  #aim: string | null = null;
  /** A person has taken note that there is no answer: it is no trouble until there was one, or others hold the address. */
  #isNoted = false;
  /** Called when a move has ended: nobody should wait for the next probe then. */
  onMove = (): void => undefined;
  /** Called with what is probed from now on, when others hold the address than before. */
  onTarget = (_target: Target): void => undefined;

  /** @returns null when the group's config does not ask for it, or it is not known yet how all of its members are probed. */
  static of({ path, policy, members }: GroupConfig, now: number): PathWatch | null {
    return path === null || policy.verify === null || !members.every(isProbed)
      ? null
      : new PathWatch(members, path, policy.verify.withinMs, now);
  }

  private constructor(members: readonly ProbedMember[], path: PathConfig, withinMs: number, now: number) {
    this.#members = members;
    this.#path = path;
    this.#withinMs = withinMs;
    this.pace = paceOf(members);
    this.#health = unknownHealth(now);
  }

  /** @returns what is probed while these members hold the address. */
  target(holders: readonly string[]): Target {
    const member = this.#memberOf(holders);
    const { target } = member;
    const { host, port, identity } = this.#path;
    // What a probe keeps would lead to the holder of before.
    const fresh = target.http && { ...target.http, reuse: false };
    const http =
      fresh === null || identity === null || holders.length !== 1
        ? fresh
        : identity === "body"
          ? { ...fresh, expectBody: member.identity }
          : { ...fresh, expectHeader: { name: identity.header, value: member.identity } };
    // Without a name for clients, the certificate can only be for the member's own.
    const named = target.tls?.sni === null && isIP(host) !== 0 && isIP(target.host) === 0;
    const tls = target.tls && {
      ...target.tls,
      sni: named ? target.host : target.tls.sni,
      resume: false,
    };
    const { intervalMs, fastIntervalMs } = this.pace;
    const reached = { host, port: port ?? target.port, http, tls };
    // A move cuts a connection through the address by itself.
    return { ...target, intervalMs, fastIntervalMs, ...reached, watch: false };
  }

  /** Where a member was found by a probe of its own. */
  noteAddress(member: string, address: string | null): void {
    const known = this.#addresses.get(member) ?? [];
    if (address === null || known[0] === address) return;
    const others = known.filter((other) => other !== address);
    this.#addresses.set(member, [address, ...others].slice(0, addressesKept));
  }

  /**
   * @param isOld the probe was begun while others held the address: what it sees is of them.
   * @param holders the members that hold the address now.
   * @returns the first answer after a move, or null; and whether the next probe is urgent.
   */
  observe(
    { seen, isOld }: { readonly seen: ProbeResult; readonly isOld: boolean },
    holders: readonly string[],
    now: number,
  ): { readonly verified: Verified | null; readonly urgent: boolean; readonly changed: boolean } {
    const { cause, detail } = this.#judge(seen, holders);
    const outcome = isOld ? "inconclusive" : outcomeOf(cause);
    const before = this.#health;
    if (outcome === "pass") this.#isNoted = false;
    if (!this.#isNoted) this.#health = observe(before, outcome, this.pace, now);
    const isNewAgain = outcome !== "inconclusive" && !this.#isFresh(now);
    if (outcome !== "inconclusive") {
      this.#detail = detail ?? cause;
      this.#seenAt = now;
    }
    let verified: Verified | null = null;
    if (outcome === "fail") {
      this.#outages.failed(now - seen.durationMs);
      this.#runSince ??= now - seen.durationMs;
    }
    if (outcome === "pass") {
      this.#outages.answered(now);
      verified = this.#verify(now);
      this.#runSince = null;
    }
    const urgent = this.#pending !== null || this.#outages.isOn;
    const changed = verified !== null || before.health !== this.#health.health || isNewAgain;
    return { verified, urgent, changed };
  }

  /** Others hold the address than before: what was seen says nothing of them. */
  holdersChanged(holders: readonly string[], now: number): void {
    this.#health = unknownHealth(now);
    this.#runSince = null;
    this.#isNoted = false;
    this.#aim = null;
    this.holdersRead(holders);
    if (holders.length !== 1 || holders[0] !== this.#pending?.member) this.#pending = null;
  }

  /** A reading says who holds the address. After a start it is no change, and yet the probe must be theirs. */
  holdersRead(holders: readonly string[]): void {
    const { name } = this.#memberOf(holders);
    const aim = `${name} ${holders.length === 1}`;
    if (aim === this.#aim) return;
    this.#aim = aim;
    this.onTarget(this.target(holders));
  }

  /** A move that began at `startedAt` has brought the address to this member. */
  moved(
    { member, startedAt }: { readonly member: string; readonly startedAt: number },
    isNextTry: boolean,
    now: number,
  ): void {
    const last = isNextTry ? this.#lastMove : null;
    const tried = last === null ? [] : [...last.tried, last.member];
    this.#lastMove = { member, tried };
    this.#pending = { member, startedAt, since: now, until: now + this.#withinMs, tried };
    this.onMove();
  }

  /** We did not believe ourselves: what was seen through the address before may have been our own doing. */
  forget(now: number): void {
    this.#health = unknownHealth(now);
    this.#runSince = null;
  }

  /** A person has taken note: what is not verified is no trouble any more. What may still be verified in time is waited for. */
  acknowledge(now: number): boolean {
    const isTrouble =
      this.#pending === null ? this.#health.health === "unhealthy" : now >= this.#pending.until;
    if (!isTrouble) return false;
    this.#pending = null;
    this.#health = unknownHealth(now);
    this.#isNoted = true;
    return true;
  }

  facts(now: number): PathFacts {
    const { health, since } = this.#health;
    const failingSince = this.#isFresh(now) ? this.#runSince : null;
    return { health, since, failingSince, detail: this.#detail, pending: this.#pending };
  }

  #isFresh(now: number): boolean {
    return now - this.#seenAt <= evidenceMaxAgeMs(this.pace);
  }

  #verify(now: number): Verified | null {
    const pending = this.#pending;
    if (pending === null) return null;
    this.#pending = null;
    // With two holders for a while there may have been an answer already before the move had ended.
    const outageMs = this.#outages.lengthSince(pending.startedAt, now);
    return { member: pending.member, afterMs: now - pending.since, outageMs, late: now >= pending.until };
  }

  /** An answer from where another member is known to be is none of the holder's, such as one that old DNS leads to. */
  #judge(
    seen: ProbeResult,
    holders: readonly string[],
  ): { readonly cause: Cause; readonly detail: string | null } {
    const { address, outcome } = seen;
    if (outcome !== "pass" || address === null || holders.length === 0) return seen;
    const isAt = (member: string): boolean => this.#addresses.get(member)?.includes(address) === true;
    const other = this.#members.find(({ name }) => !holders.includes(name) && isAt(name));
    if (other === undefined || holders.some(isAt)) return seen;
    return { cause: "identity", detail: `${this.#path.host} still leads to ${other.name} (${address})` };
  }

  #memberOf(holders: readonly string[]): ProbedMember {
    const found = this.#members.find(({ name }) => holders.includes(name)) ?? this.#members[0];
    if (found === undefined) throw new Error("Cannot probe through the address of a group without members");
    return found;
  }
}

function paceOf(members: readonly ProbedMember[]): Target {
  const [first, ...others] = members.map(({ target }) => target);
  if (first === undefined) throw new Error("Cannot probe through the address of a group without members");
  const quickest = others.reduce((a, b) => (b.intervalMs < a.intervalMs ? b : a), first);
  return { ...quickest, fastIntervalMs: Math.min(fastMs, quickest.intervalMs) };
}

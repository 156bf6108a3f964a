/** People who talk to the daemon: they pause, drain, force, answer what waits for approval, and take note. */
import type { GroupConfig } from "../../src/config/config.ts";
import { vouchedMs, type People, type Reply } from "../../src/daemon/people.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";
import type { GroupSnapshot } from "../../src/daemon/snapshot.ts";
import type { FaultKind } from "./faults.ts";
import type { OrderBook, Told } from "./orders.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** The daemon that people can reach now. */
export interface Reachable {
  readonly process: SimProcess;
  readonly people: People;
  readonly groups: () => readonly GroupSnapshot[];
}

export interface OperatorsParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly groups: readonly GroupConfig[];
  readonly book: OrderBook;
  /** Null: none is up, or the one that is does not answer. */
  readonly reach: () => Reachable | null;
  readonly onApproval: (process: SimProcess, group: string) => void;
  /** The daemon was killed while it took note of a change by hand. */
  readonly onUnsureAcknowledgement: (process: SimProcess, group: string) => void;
  /** The daemon has agreed to move the address of this group to this member. */
  readonly onSwitchover: (process: SimProcess, group: string, member: string) => void;
}

const ann = "ann";

export class Operators {
  readonly #parts: OperatorsParts;

  /** Processes that have told something that may wait for a person since they were last looked at. */
  readonly #news = new WeakSet<SimProcess>();
  /** Processes that do not believe themselves. */
  readonly #distrusting = new WeakSet<SimProcess>();

  constructor(parts: OperatorsParts) {
    this.#parts = parts;
    this.#on("person-pause", (random, daemon) => this.#pause(random, daemon));
    this.#on("person-drain", (random, daemon) => this.#drain(random, daemon));
    this.#on("person-force", (random, daemon) => this.#force(random, daemon));
    this.#on("person-switchover", (random, daemon) => this.#switchOver(random, daemon));
    this.#on("person-acknowledge", (random, daemon) => {
      const { name } = random.pick(parts.groups);
      daemon.people.acknowledge(name, { by: ann });
      if (!daemon.process.alive) parts.onUnsureAcknowledgement(daemon.process, name);
    });
    this.#on("person-answer", (random, daemon) => {
      this.#answer(random.chance(0.7), daemon, daemon.groups());
    });
  }

  /** Only what is told of can wait for a person, who then looks; one that does not believe itself is not let out of sight. */
  hear(event: DaemonEvent, process: SimProcess): void {
    if (event.type === "decision" || event.type === "question") this.#news.add(process);
    if (event.type !== "trust") return;
    if (event.distrust === null) this.#distrusting.delete(process);
    else this.#distrusting.add(process);
  }

  /** All orders are taken back; from now on whatever waits for approval gets it. */
  calm(): void {
    const daemon = this.#parts.reach();
    if (daemon === null) return;
    for (const { subject } of daemon.people.standing) {
      const { kind, group } = subject;
      const member = subject.kind === "pause" ? null : subject.member;
      this.#takeBack({ kind, group, member, health: null }, ({ people }) => {
        if (subject.kind === "pause") return people.resume(subject.group, { by: ann });
        if (subject.kind === "drain") return people.undrain(subject.group, subject.member, { by: ann });
        return people.unforce(subject.group, subject.member, { by: ann });
      });
    }
    // What it tells while it is spoken to is news again.
    if (!this.#news.delete(daemon.process) && !this.#distrusting.has(daemon.process)) return;
    const groups = daemon.groups();
    const rejected = groups.filter(({ rule }) => rule === "rejected");
    const noted = rejected.map(({ name }) => daemon.people.acknowledge(name, { by: ann }).kind === "done");
    const answered = this.#answer(true, daemon, rejected.length > 0 ? daemon.groups() : groups);
    // What was not carried out still waits for a person.
    if (!answered || noted.includes(false)) this.#news.add(daemon.process);
  }

  #on(kind: FaultKind, act: (random: Random, daemon: Reachable) => void): void {
    const random = this.#parts.random.fork(kind);
    this.#parts.stage.every(kind, random, () => {
      const daemon = this.#parts.reach();
      if (daemon === null) return;
      this.#parts.stage.history.fault(kind, `p${daemon.process.id}`);
      act(random, daemon);
    });
  }

  #pause(random: Random, { people, process }: Reachable): void {
    const all = random.chance(0.4);
    const group = all ? null : random.pick(this.#parts.groups).name;
    const told: Told = { kind: "pause", group, member: null, health: null };
    const forMs = random.wide(60_000, 14_400_000);
    this.#given(told, { forMs, process }, people.pause(group, { by: ann, reason: "maintenance", forMs }));
    const resume = (): void => this.#takeBack(told, (daemon) => daemon.people.resume(group, { by: ann }));
    if (random.chance(0.5)) this.#parts.stage.clock.in(random.int(1, forMs), resume);
  }

  #drain(random: Random, { people, process }: Reachable): void {
    const { group, member } = this.#anyMember(random);
    const told: Told = { kind: "drain", group, member, health: null };
    const forMs = random.wide(60_000, 14_400_000);
    this.#given(told, { forMs, process }, people.drain(group, member, { by: ann, reason: "upgrade", forMs }));
  }

  #force(random: Random, { people, process }: Reachable): void {
    const { group, member } = this.#anyMember(random);
    const health = random.pick(["healthy", "unhealthy"] as const);
    const told: Told = { kind: "force", group, member, health };
    const forMs = random.wide(60_000, 7_200_000);
    this.#given(
      told,
      { forMs, process },
      people.force(group, member, health, { by: ann, reason: "I know", forMs }),
    );
    const unforce = (): void =>
      this.#takeBack(told, (daemon) => daemon.people.unforce(group, member, { by: ann }));
    if (random.chance(0.5)) this.#parts.stage.clock.in(random.int(1, forMs), unforce);
  }

  #switchOver(random: Random, { people, process }: Reachable): void {
    const { group, member } = this.#anyMember(random);
    const asked = { by: ann, reason: "upgrade", force: random.chance(0.4) };
    const reply = people.switchover(group, asked.force || random.chance(0.5) ? member : null, asked);
    if (reply.kind !== "done" || reply.member === undefined) return;
    if (reply.warning !== null) {
      const told: Told = { kind: "force", group, member, health: "healthy" };
      const isSaved = !reply.warning.includes("could not be saved");
      this.#parts.book.give(told, vouchedMs, process.id, isSaved);
    }
    this.#parts.onSwitchover(process, group, reply.member);
  }

  /** @returns false when some answer was refused. */
  #answer(yes: boolean, { process, people }: Reachable, groups: readonly GroupSnapshot[]): boolean {
    let all = true;
    for (const { name, question } of groups) {
      if (question === null) continue;
      const reply = people.answer(name, question.id, yes ? "approved" : "rejected", { by: ann });
      if (reply.kind !== "done") all = false;
      else if (yes) this.#parts.onApproval(process, name);
    }
    return all;
  }

  #given(
    told: Told,
    { forMs, process }: { readonly forMs: number; readonly process: SimProcess },
    reply: Reply,
  ): void {
    if (reply.kind === "done") this.#parts.book.give(told, forMs, process.id, reply.warning === null);
  }

  #takeBack(told: Told, say: (daemon: Reachable) => Reply): void {
    const daemon = this.#parts.reach();
    if (daemon === null) return;
    const reply = say(daemon);
    if (reply.kind === "done") this.#parts.book.takeBack(told, reply.warning === null);
  }

  #anyMember(random: Random): { readonly group: string; readonly member: string } {
    const group = random.pick(this.#parts.groups);
    return { group: group.name, member: random.pick(group.members).name };
  }
}

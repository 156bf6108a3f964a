/**
 * Ninety days of history: what it takes to write them, how large the file becomes, and how long a question about them takes.
 *
 *   npm run bench:history -- [--days 90] [--targets 100] [--fails 0.01] [--keep DIR]
 *
 * Everything goes through the recorder and the journal of the daemon, on a clock that is turned by hand. Each group has two
 * members; one probe in a hundred fails alone, and every five days a group fails over and back. Exit code 1 when the file is
 * larger than 100 MB or a question takes longer than 200 ms.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DatabaseSync } from "node:sqlite";
import { hold } from "../src/core/hold.ts";
import type { ProbeResult } from "../src/core/probe-result.ts";
import type { Clock } from "../src/daemon/clock.ts";
import type { DaemonEvent } from "../src/daemon/events.ts";
import { DiskJournal } from "../src/daemon/journal/disk-journal.ts";
import { sqliteDisk } from "../src/daemon/journal/sqlite-file.ts";
import { Recorder } from "../src/daemon/recorder.ts";
import type { MemberSituation, Situation } from "../src/daemon/situation.ts";
import { historyAnswer, whyAnswer } from "../src/server/api/history.ts";
import { EventFeed } from "../src/server/event-feed.ts";

const { values } = parseArgs({
  options: {
    days: { type: "string", default: "90" },
    targets: { type: "string", default: "100" },
    fails: { type: "string", default: "0.01" },
    keep: { type: "string" },
  },
});
const days = Number(values.days);
const groups = Math.ceil(Number(values.targets) / 2);
const failShare = Number(values.fails);

const bytesMax = 100_000_000;
const answerMaxMs = 200;
const stepMs = 10_000;
const dayMs = 86_400_000;
const outageEveryMs = 5 * dayMs;
const start = Date.parse("2026-01-01T00:00:00Z");

/** A clock that is turned by hand, with a seed of its own for what happens. */
class BenchClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly fn: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return start + this.#now;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.#now + delayMs, fn };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  turnTo(at: number): void {
    for (;;) {
      const due = this.#timers.find((timer) => timer.at <= at);
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = due.at;
      due.fn();
    }
    this.#now = at;
  }
}

let seed = 1;
/** 0 ≤ x < 1, the same in every run (mulberry32). */
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const noPhases = { resolveMs: null, connectMs: null, tlsMs: null, headersMs: null, bodyMs: null };

function result(cause: "ok" | "refused" | "connect-timeout"): ProbeResult {
  const durationMs = cause === "connect-timeout" ? 2_000 : 1 + 20 * random() ** 3;
  const outcome = cause === "ok" ? "pass" : "fail";
  return {
    outcome,
    cause,
    detail: null,
    address: "10.0.0.1",
    status: null,
    durationMs,
    queuedMs: 0,
    phases: noPhases,
  };
}

function member(name: string, isDead: boolean, wallMs: number): MemberSituation {
  const health = isDead ? "unhealthy" : "healthy";
  const text = `${name} is unhealthy (it refused the connection)`;
  return {
    name,
    health,
    realHealth: health,
    sinceWallMs: wallMs,
    strikes: null,
    pace: { intervalMs: stepMs, strikesOk: 2, strikesFail: 3 },
    evidence: { cause: isDead ? "refused" : "ok", atWallMs: wallMs },
    limitation: isDead ? { rule: "no-eligible", text, untilWallMs: null } : null,
    drained: null,
    forced: null,
    brownOut: null,
  };
}

function situation(rule: Situation["rule"], holder: string, dead: string | null, wallMs: number): Situation {
  return {
    kind: "hold",
    rule,
    why:
      dead === null
        ? `${holder} holds the address and is healthy`
        : `${dead} is unhealthy (it refused the connection), and another is the most preferred eligible member`,
    untilWallMs: null,
    step: null,
    wanted: null,
    mode: "auto",
    holders: [holder],
    foreign: [],
    busy: null,
    truthWallMs: wallMs,
    distrust: null,
    pause: null,
    path: null,
    move: null,
    question: null,
    members: [member("a", dead === "a", wallMs), member("b", dead === "b", wallMs)],
  };
}

/** What is recorded when `dead` dies and the address goes to `next`. */
function failover(group: string, dead: string, next: string, wallMs: number): readonly DaemonEvent[] {
  const why = `${dead} is unhealthy (it refused the connection), and ${next} is the most preferred eligible member`;
  const move = { trigger: "failover", why, from: [dead], to: [next], startedAt: 0, tookOff: false } as const;
  const steps = [
    { kind: "attach", member: next },
    { kind: "detach", member: dead },
  ] as const;
  const stages = { detection: 20_000, decision: 10, steps: 4_000, outage: null };
  return [
    { type: "transition", group, member: dead, from: "healthy", to: "unhealthy", why: "3 consecutive fails" },
    { type: "situation", group, situation: situation("failover", dead, dead, wallMs) },
    { type: "move-started", group, move },
    ...steps.flatMap((step): readonly DaemonEvent[] => [
      { type: "step-started", group, step, why, to: [next], takesOff: false },
      { type: "step-ended", group, step, effect: { kind: "applied", detail: "success" }, durationMs: 2_000 },
      {
        type: "reading",
        group,
        durationMs: 50,
        isFirst: false,
        changed: true,
        reading: { kind: "known", holders: [next], foreign: [], busy: null },
      },
      { type: "situation", group, situation: situation("finish-move", next, dead, wallMs) },
    ]),
    { type: "move-ended", group, move, outcome: "completed", stages },
    {
      type: "decision",
      group,
      plan: hold("steady", `${next} holds the address and is healthy`),
      carriedOut: false,
      again: false,
    },
    { type: "situation", group, situation: situation("steady", next, dead, wallMs) },
  ];
}

const dir = values.keep ?? mkdtempSync(join(tmpdir(), "failoverd-bench-"));
const clock = new BenchClock();
let failed = 0;
const openJournal = (): DiskJournal =>
  new DiskJournal({
    disk: sqliteDisk(dir),
    clock,
    onHealth: (health) => console.log(`the journal is ${health.kind}`),
    onWrite: (result) => void (failed += Number(result === "failed")),
    onNotice: (notice) => console.log(notice),
  });

/** How long each minute's saving took, with what SQLite does on its occasion. Milliseconds. */
const savings: number[] = [];

/** Turns the clock through all days. @returns how many probes there were. */
function fill(recorder: Recorder): number {
  const names = Array.from({ length: groups }, (_, i) => `group-${i}`);
  const holders = names.map(() => "a");
  let probes = 0;
  for (let at = 0; at < days * dayMs; at += stepMs) {
    const before = performance.now();
    clock.turnTo(at);
    if (at % 60_000 === 0) savings.push(performance.now() - before);
    for (const [i, group] of names.entries()) {
      // The outages of the groups are spread over the days, and each lasts ten minutes.
      const phase = (at + (i * outageEveryMs) / groups) % outageEveryMs;
      const holder = holders[i] ?? "a";
      const next = holder === "a" ? "b" : "a";
      if (phase < stepMs && at > 0) {
        for (const event of failover(group, holder, next, clock.wallNow())) recorder.take(event);
        holders[i] = next;
      }
      if (at % dayMs === 0)
        recorder.take({
          type: "situation",
          group,
          situation: situation("steady", holder, null, clock.wallNow()),
        });
      for (const member of ["a", "b"]) {
        const isDead = phase < 600_000 && member !== holders[i] && at > 0;
        const fails = random() < failShare;
        const cause = isDead ? "refused" : fails ? "connect-timeout" : "ok";
        recorder.take({
          type: "probe",
          group,
          member,
          result: result(cause),
          before: "healthy",
          strikes: null,
          latenessMs: 0,
        });
        probes += 1;
      }
    }
  }
  return probes;
}

function measured(name: string, work: (i: number) => void): number {
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const before = performance.now();
    work(i);
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  const [median = 0, max = 0] = [times[100], times[199]];
  console.log(`${name}: median ${median.toFixed(2)} ms, longest ${max.toFixed(2)} ms (200 questions)`);
  return max;
}

const journal = openJournal();
const recorder = new Recorder({ clock, journal, version: "bench" });
recorder.start();
const beganAt = performance.now();
const probes = fill(recorder);
recorder.stop();
journal.close();
const tookMs = performance.now() - beganAt;
const bytes = statSync(join(dir, "journal.db")).size;
const db = new DatabaseSync(join(dir, "journal.db"), { readOnly: true });
const rows = db
  .prepare(
    "SELECT (SELECT count(*) FROM entries) AS entries, (SELECT count(*) FROM runs) AS segments, (SELECT min(hour) FROM runs) AS first",
  )
  .get();
db.close();
const keptDays = (start + days * dayMs - Number(rows?.["first"]) * 3_600_000) / dayMs;
console.log(
  `${days} days, ${groups * 2} targets every ${stepMs / 1_000} s, ${failShare * 100} % of probes fail alone`,
);
console.log(
  `${probes} probes in ${(tookMs / 1_000).toFixed(1)} s (${Math.round(probes / (tookMs / 1_000))} a second)`,
);
console.log(
  `${String(rows?.["entries"])} entries, ${String(rows?.["segments"])} segments of runs back to ${keptDays.toFixed(1)} days ago, ${failed} not written`,
);
savings.sort((a, b) => a - b);
const [half = 0, most = 0, all = 0] = [0.5, 0.999, 1].map(
  (share) => savings[Math.ceil(share * savings.length) - 1],
);
console.log(
  `a minute's saving: median ${half.toFixed(2)} ms, 99.9 % within ${most.toFixed(2)} ms, longest ${all.toFixed(1)} ms`,
);
console.log(`journal.db: ${(bytes / 1e6).toFixed(1)} MB`);

const again = openJournal();
const { past } = new Recorder({ clock, journal: again, version: "bench" });
const feed = new EventFeed({
  clock,
  onBug: (error) => {
    throw error;
  },
});
const parts = { past, feed, situationOf: () => null, wallNow: () => clock.wallNow() };
const someGroup = (): string => `group-${Math.floor(random() * groups)}`;
let toldCount = 0;
const slowestWhy = measured("why --at", () => {
  const at = new Date(start + random() * days * dayMs).toISOString();
  const answer = whyAnswer(parts, { group: someGroup(), at });
  if (JSON.stringify(answer).includes('"kind":"told"')) toldCount += 1;
});
console.log(`${toldCount} of these moments were told`);
const slowestPage = measured("history, a page of 500", () => {
  const since = new Date(start + random() * days * dayMs).toISOString();
  historyAnswer(parts, { since, limit: "500", ...(random() < 0.5 ? { group: someGroup() } : {}) });
});
again.close();
if (values.keep === undefined) rmSync(dir, { recursive: true });
if (bytes > bytesMax || Math.max(slowestWhy, slowestPage) > answerMaxMs) process.exitCode = 1;

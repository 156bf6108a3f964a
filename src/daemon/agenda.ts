/** What a group has to keep at set times, as facts of this very moment: its maintenance windows and its drill. */
import type { GroupFacts } from "../core/facts.ts";
import type { Maintenance } from "../core/maintenance.ts";
import type { Plan } from "../core/plan.ts";
import type { CalendarConfig, MaintenanceConfig, Recurrence } from "../config/config.ts";
import { formatDuration } from "../config/duration.ts";
import { spanAt, type Span } from "./calendar.ts";
import type { Clock } from "./clock.ts";
import { DrillRun, type RestoredDrill } from "./drill-run.ts";
import type { DaemonEvent, Listener } from "./events.ts";

export interface AgendaParts {
  readonly clock: Clock;
  readonly group: string;
  readonly config: CalendarConfig;
  readonly restored: RestoredDrill | null;
  readonly emit: Listener;
}

/** What is so and what comes, for people. */
export interface AgendaSnapshot {
  readonly maintenance: Maintenance | null;
  /** Milliseconds until the next window begins. Null: none does. */
  readonly nextMaintenanceInMs: number | null;
  /** The drill under way: the member that has the address, and the one that is to get it back. Null: there is none. */
  readonly drill: { readonly home: string; readonly away: string } | null;
  /** Milliseconds until the next drill is due. Null: none is. */
  readonly nextDrillInMs: number | null;
  /** When a drill last went there and back as it should, milliseconds since 1970. Null: none is known. */
  readonly lastDrillWallMs: number | null;
}

export class Agenda {
  readonly #parts: AgendaParts;
  readonly #drill: DrillRun;
  #config: CalendarConfig;
  /** The window that was told last. */
  #told: MaintenanceConfig | null = null;

  constructor(parts: AgendaParts) {
    const { clock, group, config, restored } = parts;
    this.#parts = parts;
    this.#config = config;
    this.#drill = new DrillRun({
      clock,
      config: config.drill,
      restored,
      tell: (news) => parts.emit({ type: "drill", group, ...news }),
    });
  }

  get isDrilling(): boolean {
    return this.#drill.isUnderWay;
  }

  facts(): Pick<GroupFacts, "maintenance" | "drill"> {
    return { maintenance: this.#maintenance(), drill: this.#drill.facts() };
  }

  /** When something begins or ends, monotonic milliseconds, if the clocks stay as they are. Infinity: nothing does. */
  get changesAt(): number {
    const { clock } = this.#parts;
    const { maintenance, drill } = this.#config;
    if (maintenance.length === 0 && drill === null) return Infinity;
    const all: readonly Recurrence[] = drill === null ? maintenance : [...maintenance, drill];
    const wallNow = clock.wallNow();
    return clock.now() - wallNow + Math.min(...all.map((each) => spanAt(each, wallNow).untilWallMs));
  }

  reload(config: CalendarConfig): void {
    this.#config = config;
    this.#drill.reload(config.drill);
  }

  /** The group is watched no longer. */
  letGo(): void {
    this.#drill.letGo();
  }

  /** After each decision. */
  look(facts: GroupFacts, plan: Plan): void {
    this.#drill.look(facts, plan);
    const open = this.#openWindow()?.window ?? null;
    if (open === this.#told) return;
    this.#told = open;
    const { emit, group } = this.#parts;
    emit({ type: "maintenance", group, maintenance: facts.maintenance });
  }

  /** Told of everything that happens in the group, before anybody else. */
  take(event: DaemonEvent): void {
    this.#drill.take(event);
  }

  snapshot(): AgendaSnapshot {
    const { maintenance, drill } = this.#config;
    const wallNow = this.#parts.clock.wallNow();
    const next = (of: readonly Recurrence[]): number | null => {
      const runs = of.flatMap((each) => spanAt(each, wallNow).nextRunWallMs ?? []);
      return runs.length === 0 ? null : Math.min(...runs) - wallNow;
    };
    const facts = this.#drill.facts();
    return {
      maintenance: this.#maintenance(),
      nextMaintenanceInMs: next(maintenance),
      drill: facts === null || facts.phase === "due" ? null : { home: facts.home, away: facts.away },
      nextDrillInMs: next(drill === null ? [] : [drill]),
      lastDrillWallMs: this.#drill.succeededWallMs,
    };
  }

  #maintenance(): Maintenance | null {
    const open = this.#openWindow();
    if (open === null) return null;
    const { clock } = this.#parts;
    const { cron, timezone, forMs, mode } = open.window;
    const until = clock.now() + open.span.untilWallMs - clock.wallNow();
    return { mode, until, text: `${cron}, ${timezone}, for ${formatDuration(forMs)}` };
  }

  /** Of several, one that holds everything back, and of these the one that lasts longest. */
  #openWindow(): { readonly window: MaintenanceConfig; readonly span: Span } | null {
    const { maintenance } = this.#config;
    if (maintenance.length === 0) return null;
    const wallNow = this.#parts.clock.wallNow();
    return (
      maintenance
        .map((window) => ({ window, span: spanAt(window, wallNow) }))
        .filter(({ span }) => span.isOpen)
        .toSorted((a, b) => rank(b.window) - rank(a.window) || b.span.untilWallMs - a.span.untilWallMs)[0] ??
      null
    );
  }
}

function rank({ mode }: MaintenanceConfig): number {
  return mode === "hold" ? 1 : 0;
}

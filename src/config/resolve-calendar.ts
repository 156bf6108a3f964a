/** From the lists of the file to what each group has to keep. */
import type { CalendarConfig, DrillConfig, MaintenanceConfig } from "./config.ts";
import { machineTimezone } from "./cron.ts";
import { parseDuration } from "./duration.ts";
import type { ConfigFile, DrillFile, MaintenanceFile } from "./file-shape.ts";

/** @returns the calendar of a group, by its name. Groups share the windows that are the same for them. */
export function calendars(file: ConfigFile): (group: string) => CalendarConfig {
  const machine = machineTimezone();
  const windows = (file.maintenance ?? []).map((written) => ({
    groups: written.groups ?? null,
    window: maintenanceConfig(written, machine),
  }));
  const drills = new Map(
    (file.drills ?? []).map((written) => [written.group, drillConfig(written, machine)] as const),
  );
  return (group) => ({
    maintenance: windows.flatMap(({ groups, window }) =>
      groups === null || groups.includes(group) ? [window] : [],
    ),
    drill: drills.get(group) ?? null,
  });
}

function maintenanceConfig(written: MaintenanceFile, machine: string): MaintenanceConfig {
  const { cron, timezone = machine, mode = "hold" } = written;
  return { cron, timezone, forMs: parseDuration(written.for) ?? 0, mode };
}

/** Defaults of a drill. */
export const drillDefaults = { hold: "10m", window: "15m" } as const;

function drillConfig(written: DrillFile, machine: string): DrillConfig {
  const { cron, timezone = machine, hold = drillDefaults.hold, window = drillDefaults.window } = written;
  return { cron, timezone, forMs: parseDuration(window) ?? 0, holdMs: parseDuration(hold) ?? 0 };
}

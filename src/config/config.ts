/**
 * The configuration as the daemon uses it: defaults merged, references resolved, durations in milliseconds.
 * The YAML file has a shape of its own (`file-shape.ts`), with the keys that a user writes.
 */
import type { GroupPolicy, OverallPolicy } from "../core/policy.ts";
import type { Target } from "../core/target.ts";
import type { ProviderConfig } from "../providers/kinds.ts";
import type { AtProvider } from "./kind.ts";
import type { Secret } from "./secret.ts";

export interface Config {
  /** Where metrics, health and the API are served. Default 127.0.0.1:9787. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where the daemon keeps its state. Default `$STATE_DIRECTORY`, else `/var/lib/failoverd`. */
  readonly stateDir: string;
  /** Where people reach the daemon. Default `control.sock` in `$RUNTIME_DIRECTORY`, else in `stateDir`. */
  readonly controlSocket: string;
  /** Who may use the API on `listen`. */
  readonly api: ApiConfig;
  /** Canaries that must answer, else our own network is in doubt; none by default. */
  readonly selfCheck: { readonly canaries: readonly Target[]; readonly need: number };
  /** What all groups together may do. */
  readonly overall: OverallPolicy;
  readonly providers: readonly ProviderConfig[];
  readonly groups: readonly GroupConfig[];
}

export interface ApiConfig {
  /** Without any, what is read is open and nothing can be ordered. */
  readonly tokens: readonly ApiToken[];
  /** Null: plain HTTP. */
  readonly tls: TlsConfig | null;
}

export interface ApiToken {
  readonly name: string;
  /** `read` changes nothing; `operate` may give every order. */
  readonly scope: "read" | "operate";
  readonly token: Secret;
}

export interface TlsConfig {
  /** The certificate and those between it and its authority. */
  readonly certPem: string;
  readonly key: Secret;
  /** Callers must have a certificate of one of these authorities. Null: they need none. */
  readonly clientCaPem: string | null;
}

export interface GroupConfig {
  readonly name: string;
  /** Name of the provider. */
  readonly provider: string;
  readonly address: AtProvider;
  readonly policy: GroupPolicy;
  /** Where clients reach the address, to see whether a move has worked. Null unless the policy verifies. */
  readonly path: PathConfig | null;
  readonly calendar: CalendarConfig;
  /** In order of preference, at least two. */
  readonly members: readonly MemberConfig[];
}

export interface PathConfig {
  /** The address itself, or the name that clients use. */
  readonly host: string;
  /** Null: that of the member that holds the address. */
  readonly port: number | null;
  /** How an answer tells who has sent it; null: any answer will do. */
  readonly identity: { readonly header: string } | "body" | null;
}

export interface MemberConfig {
  readonly name: string;
  /** What tells that an answer is from this member. Default: its name. */
  readonly identity: string;
  readonly holder: AtProvider;
  readonly target: Target | StoredTarget;
}

/** Probed as the healthcheck says that the provider stores with the address; until that has been read, not at all. */
export interface StoredTarget {
  readonly mode: typeof fromElasticIp;
  readonly host: string;
}

/** In place of a healthcheck: the one that is stored with the Elastic IP. */
export const fromElasticIp = "from-elastic-ip";

/** What comes at set times. */
export interface CalendarConfig {
  readonly maintenance: readonly MaintenanceConfig[];
  /** Null, the default: there are none. */
  readonly drill: DrillConfig | null;
}

/** A stretch of time that comes again and again. */
export interface Recurrence {
  /** When it begins: a cron pattern of five to seven fields. */
  readonly cron: string;
  /** On whose wall clock, e.g. `Europe/Zurich`. Default: that of the machine. */
  readonly timezone: string;
  /** How long it lasts, in milliseconds of real time, also when the clocks change in it. */
  readonly forMs: number;
}

export interface MaintenanceConfig extends Recurrence {
  /** `hold`, the default: no automatic move begins. `approve`: none begins without a person. */
  readonly mode: "hold" | "approve";
}

/** Lasts as long as a drill may begin; default 15 minutes. */
export interface DrillConfig extends Recurrence {
  /** How long the other member keeps the address. Default 10 minutes. */
  readonly holdMs: number;
}

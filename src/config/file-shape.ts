/**
 * The configuration file as a user writes it: keys in kebab case, durations as text. `schema.ts` checks it, `resolve.ts`
 * turns it into the `Config` that the daemon uses.
 *
 * Any scalar may be a reference, `${env:NAME}` or `${file:/path}`; references are resolved before this shape is checked.
 */
import type { fromElasticIp } from "./config.ts";

import type { ProviderFile } from "../providers/kinds.ts";

/** `500ms`, `10s`, `5m`, `1h30m`. */
export type DurationText = string;

export interface ConfigFile {
  /** `host:port`, an IPv6 address in brackets. Default `127.0.0.1:9787`. */
  readonly listen?: string;
  /** Absolute path. Default `$STATE_DIRECTORY`, else `/var/lib/failoverd`. */
  readonly "state-dir"?: string;
  /** Absolute path. Default `control.sock` in `$RUNTIME_DIRECTORY`, else in the `state-dir`. */
  readonly "control-socket"?: string;
  readonly api?: ApiFile;
  readonly providers: Readonly<Record<string, ProviderFile>>;
  readonly "self-check"?: SelfCheckFile;
  readonly overall?: OverallFile;
  readonly defaults?: DefaultsFile;
  readonly groups: Readonly<Record<string, GroupFile>>;
  readonly maintenance?: readonly MaintenanceFile[];
  readonly drills?: readonly DrillFile[];
}

/** When groups are left alone. */
export interface MaintenanceFile {
  /** Cron pattern, five to seven fields. */
  readonly cron: string;
  readonly for: DurationText;
  /** Default: that of the machine. */
  readonly timezone?: string;
  /** Default: all groups. */
  readonly groups?: readonly string[];
  /** Default `hold`. */
  readonly mode?: "hold" | "approve";
}

/** When a group proves that it can move. */
export interface DrillFile {
  readonly group: string;
  /** Cron pattern, five to seven fields. */
  readonly cron: string;
  /** Default 10m. */
  readonly hold?: DurationText;
  /** Default 15m. */
  readonly window?: DurationText;
  /** Default: that of the machine. */
  readonly timezone?: string;
}

/** Who may use the API on `listen`. */
export interface ApiFile {
  readonly tokens?: readonly ApiTokenFile[];
  readonly tls?: ApiTlsFile;
  /** Said out loud: `listen` may be beyond loopback without a token or without TLS. */
  readonly insecure?: boolean;
}

export interface ApiTokenFile {
  readonly name: string;
  readonly scope: "read" | "operate";
  readonly token: string;
}

/** PEM files, from the folder of the config. */
export interface ApiTlsFile {
  readonly cert: string;
  readonly key: string;
  readonly "client-ca"?: string;
}

/** How the daemon finds out that its own network does not work. */
export interface SelfCheckFile {
  /** `tcp://host:port` of things that are no members and fail for reasons of their own only, e.g. a router and a resolver. */
  readonly canaries: readonly string[];
  /** How many must answer. Default 1. */
  readonly need?: number;
}

/** What all groups together may do by themselves. */
export interface OverallFile {
  /** Moves per duration. Default `20/1h`. */
  readonly limit?: string;
  /** Share of all groups per duration, at least two groups. Default `50%/5m`. */
  readonly share?: string;
}

/** How the daemon sees whether a move has worked. */
export interface VerifyFile {
  /** Address or name that clients use. Default: the `elastic-ip`, when it is written as an address. */
  readonly host?: string;
  /** Default: that of the member that holds the address. */
  readonly port?: number;
  /** Default 30s; with Cloud 66 10m. */
  readonly within?: DurationText;
  /** Default: any answer will do. */
  readonly identity?: "body" | { readonly header: string };
  /** Default `hold`. */
  readonly otherwise?: "hold" | "next-member";
}

/** When a member that fails now and then is browned out. */
export interface BrownOutFile {
  readonly fails: number;
  readonly of: number;
  /** Default `warn`. */
  readonly action?: "warn" | "move";
}

/** What a group may do by itself. */
export interface PolicyFile {
  /** Default `auto`. */
  readonly mode?: "auto" | "approve" | "shadow";
  /** Default `attach-first`. */
  readonly order?: "attach-first" | "detach-first";
  /** Default `one`. */
  readonly holders?: "one" | "all-healthy";
  /** Default `never`. */
  readonly failback?: "never" | { readonly after: DurationText };
  /** Default `5m`. */
  readonly "hold-down"?: DurationText;
  /** Default `30s`. */
  readonly "warm-up"?: DurationText;
  /** Moves per duration. Default `3/24h`. */
  readonly limit?: string;
}

/** What holds for all groups that do not say otherwise. */
export interface DefaultsFile extends PolicyFile {
  readonly healthcheck?: HealthcheckFile | typeof fromElasticIp;
}

/** It also says its address, under the key of its kind of provider: see `addressOf`. */
export interface GroupFile extends PolicyFile {
  /** Name of one of the providers. */
  readonly provider: string;
  /** Default: nobody looks whether a move has worked. `true`: with the defaults. */
  readonly verify?: true | VerifyFile;
  readonly healthcheck?: HealthcheckFile | typeof fromElasticIp;
  /** In order of preference, at least two. */
  readonly members: readonly MemberFile[];
}

/** It also says who it is at the provider, under the key of its kind of provider: see `holderOf`. */
export interface MemberFile {
  readonly name: string;
  /** IP address or host name that is probed. */
  readonly host: string;
  /** Default: the name. */
  readonly identity?: string;
  readonly healthcheck?: HealthcheckFile | typeof fromElasticIp;
}

/** A status or an inclusive range, `200-299`. */
export type StatusText = number | string;

/** Keys and units as in the Exoscale schema; a bare number is in seconds. */
export interface HealthcheckFile {
  readonly mode?: "tcp" | "http" | "https";
  readonly port?: number;
  /** Default `/`. */
  readonly uri?: string;
  /** Default 10s. */
  readonly interval?: DurationText | number;
  /** Default 2s. */
  readonly timeout?: DurationText | number;
  /** Default 2. */
  readonly "strikes-ok"?: number;
  /** Default 3. */
  readonly "strikes-fail"?: number;
  /** Default: no such rule. */
  readonly "m-of-n"?: BrownOutFile;
  /** Default: the host if it is a name. */
  readonly "tls-sni"?: string;
  /** Default false. */
  readonly "tls-skip-verify"?: boolean;
  /** PEM file, from the folder of the configuration file. Default: the public authorities. */
  readonly "tls-ca"?: string;
  /** Default `100-399`. */
  readonly "expect-status"?: StatusText | readonly StatusText[];
  readonly "expect-body"?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the host, with a port that is not the scheme's own. */
  readonly "host-header"?: string;
  /** Default GET. */
  readonly method?: "GET" | "HEAD" | "OPTIONS";
  /** Default false. */
  readonly reuse?: boolean;
  /** Default false. */
  readonly resume?: boolean;
  /** Pace while a strike counts. Default: the interval. */
  readonly "fast-interval"?: DurationText | number;
  /** Default false. */
  readonly watch?: boolean;
}

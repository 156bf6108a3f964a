/**
 * What can be wrong with a configuration file, and how it is said.
 *
 * Every problem belongs to a rule with a short id that never changes once released. All problems of a file are reported
 * at once, in the order of its lines. A value that came from a reference, a secret and a header value are never quoted.
 */

/** Where something is in the file: keys and list indexes from the top. */
export type Path = readonly (string | number)[];

export type Severity = "error" | "warning";

/** One sentence for each rule id. */
export const rules = {
  "file-unreadable": "the file must exist and be readable",
  "file-too-large": "the file must be at most 4 MiB",
  "yaml-syntax": "the file must be YAML 1.2, a single document",
  "yaml-duplicate-key": "a key must occur once in its mapping",
  "yaml-alias": "an alias must lead to an anchor, not to itself, and the whole must stay small",
  "not-a-mapping": "the file must hold a mapping",
  "reference-syntax": "a reference is ${env:NAME} or ${file:/path} and a whole value",
  "reference-unresolved": "a variable must be set and a file readable, and neither empty",
  "unknown-key": "only known keys are accepted",
  "missing-key": "required keys must be there",
  "invalid-value": "a value must have the form that its key wants",
  "invalid-name": "names of providers, groups and members are metric labels",

  "listen-exposed": "what is beyond loopback needs a token and TLS, or the word that it does not",
  "token-duplicate": "a token has a name and a text of its own",
  "api-tls-unreadable": "HTTPS needs a certificate and its key",
  "canaries-too-few": "canaries that are needed must exist",
  "canary-is-member": "a canary must not fail together with what it vouches for",
  "secret-literal": "secrets belong in the environment or in a file of their own",
  "control-socket-long": "the path of a socket has at most 107 bytes",
  "zone-unknown": "the zone should be one that Exoscale is known to have",
  "endpoint-insecure": "credentials are sent without TLS to loopback only",
  "endpoint-base-path": "an endpoint includes the path of the API version",

  "groups-empty": "there must be something to watch",
  "provider-unknown": "the provider of a group must be defined",
  "address-missing": "a group must say which address it moves",
  "address-kind": "each kind of provider has its own kind of address",
  "address-duplicate": "one address belongs to one group",
  "holders-flip": "an address that is flipped has one holder",
  "order-pool": "detach-first makes no sense in a pool",
  "order-flip": "a flip is one call, so it has no order",
  "failback-ttl": "a failback must wait for twice the DNS time to live",
  "hold-down-short": "a hold-down that is too short lets an address flap",

  "verify-host-missing": "a move is verified through an address that is known",
  "verify-within-short": "a move is given the time that its clients need",
  "verify-pool": "in a pool nobody can tell who should answer",
  "verify-identity": "an identity is part of an HTTP answer",
  "m-of-n-order": "so many fails must be possible",

  "cron-syntax": "a time that comes again and again is written as a cron pattern",
  "cron-never": "a time must come at least once",
  "timezone-unknown": "a timezone must be one that this machine knows",
  "calendar-group": "what comes at set times is for groups that exist",
  "window-overlap": "a window must be over before it comes again",
  "drill-duplicate": "a group has one drill at most",
  "drill-unfit": "a drill needs a group with one holder that moves by itself",
  "drill-hold-short": "a drill must last until its clients have followed",

  "members-too-few": "a failover needs somewhere to go",
  "member-name-duplicate": "member names are unique in their group",
  "holder-missing": "a member must say who it is at its provider",
  "holder-kind": "each kind of provider has its own kind of holder",
  "holder-duplicate": "an instance, or a stack, is one member",
  "host-is-address": "a probe of the address itself would follow the move",
  "target-duplicate": "two members with one target cannot be told apart",

  "healthcheck-source": "Exoscale alone stores a healthcheck with an address",
  "healthcheck-incomplete": "a healthcheck needs a mode and a port",
  "timeout-not-shorter": "a probe should end before the next one is due",
  "fast-interval-not-shorter": "the fast pace must be faster than the usual one",
  "outside-exoscale-range": "Exoscale would not accept this healthcheck",
  "http-only": "the key needs mode http or https",
  "https-only": "the key needs mode https",
  "port-mode-mismatch": "the port belongs to the other of http and https",
  "uri-root": "a home page is a bad health check",
  "expect-status-order": "a range of statuses starts with the lower one",
  "expect-body-head": "the answer to HEAD has no body",
  "reuse-single-strike": "one silence on an old connection must not be enough",
  "watch-single-strike": "one restart must not be enough",
  "kept-unused": "what is kept must still be of use at the next probe",
  "header-reserved": "some headers are set by the probe itself, and each header once",
  "tls-name-missing": "a certificate seldom names an IP address",
  "tls-ca-unreadable": "tls-ca must lead to a file with certificates",
  "tls-ca-unused": "authorities are of no use when nothing is verified",
} as const;

export type Rule = keyof typeof rules;

export interface Problem {
  readonly severity: Severity;
  readonly rule: Rule;
  readonly path: Path;
  /** From 1. 0: the problem is the file itself. */
  readonly line: number;
  /** From 1, in UTF-16 units. 0: the problem is the file itself. */
  readonly col: number;
  /** What is wrong, e.g. `timeout must be shorter than interval: 5s >= 5s`. */
  readonly text: string;
}

/** @returns e.g. `Cannot load config: timeout must be shorter than interval: 5s >= 5s (failoverd.yaml:12:7)`. */
export function formatProblem(problem: Problem, fileName: string): string {
  const start = problem.severity === "error" ? "Cannot load config" : "Config warning";
  const place = problem.line === 0 ? fileName : `${fileName}:${problem.line}:${problem.col}`;
  return `${start}: ${problem.text} (${place})`;
}

/** @returns the problems by line and column, errors first, the same one only once. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((p) => [`${p.line}:${p.col} ${p.rule} ${p.text}`, p]));
  return [...unique.values()].sort(
    (a, b) =>
      a.line - b.line || a.col - b.col || (a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0),
  );
}

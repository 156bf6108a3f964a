/** The strict schema of the configuration file. It changes nothing: what goes in comes out, or is refused. */
import { z } from "zod";
import type {
  ApiFile,
  ApiTlsFile,
  ApiTokenFile,
  ConfigFile,
  DefaultsFile,
  GroupFile,
  MemberFile,
  OverallFile,
  PolicyFile,
  SelfCheckFile,
  VerifyFile,
} from "./file-shape.ts";
import { pastMovesMax } from "../core/policy.ts";
import { kinds, type ProviderFile } from "../providers/kinds.ts";
import { durationPattern, parseDuration } from "./duration.ts";
import { drill, maintenance } from "./schema-calendar.ts";
import { headerName, healthcheck } from "./schema-healthcheck.ts";
import {
  absolutePath,
  duration,
  host,
  integer,
  listen,
  name,
  namePattern,
  oneOf,
  optional,
  parseCanary,
  required,
  socketPath,
  text,
  token,
  wants,
} from "./schema-values.ts";
import { ownKeys } from "./written.ts";

/** `3/24h`: 1 to 999 moves, and a duration. */
export const limitPattern: RegExp = new RegExp(`^([1-9]\\d{0,2})/(${durationPattern.source.slice(1, -1)})$`);

const failback = wants(
  z.union([
    z.literal("never"),
    z.strictObject({
      after: required(duration, "How long the preferred member must be healthy without a break."),
    }),
  ]),
  "never or a mapping such as after: 30m",
);

/** @param movesMax the most moves that may be allowed. */
function moveLimit(movesMax: number, example: string): z.ZodType<string> {
  return wants(
    z
      .string()
      .regex(limitPattern)
      .refine((value) => {
        const [moves = "", time = ""] = value.split("/");
        return Number(moves) <= movesMax && (parseDuration(time) ?? 0) > 0;
      }),
    `a number of moves from 1 to ${movesMax} and a time, such as ${example}`,
  );
}

/** `50%/5m`: 1 to 100 percent, and a duration. */
export const sharePattern: RegExp = new RegExp(`^([1-9]\\d?|100)%/(${durationPattern.source.slice(1, -1)})$`);

const overall = z.strictObject({
  limit: optional(moveLimit(999, "20/1h"), {
    about: "The most automatic moves of all groups within a time.",
    default: "20/1h",
  }),
  share: optional(
    wants(
      z
        .string()
        .regex(sharePattern)
        .refine((value) => (parseDuration(value.split("/")[1] ?? "") ?? 0) > 0),
      "a share from 1% to 100% and a time, such as 50%/5m",
    ),
    {
      about: "The largest share of all groups that moves within a time; two groups always may.",
      default: "50%/5m",
    },
  ),
} satisfies Record<keyof OverallFile, z.ZodType>);

const verify = z.strictObject({
  host: optional(host, {
    about: "Address or name that clients use. Default: the elastic-ip, when it is written as an address.",
  }),
  port: optional(integer(1, 65_535), {
    about: "Port that clients use. Default: that of the member that holds the address.",
  }),
  within: optional(duration, {
    about: "How soon after a move there must be an answer. With Cloud 66: 10m, twice the DNS time to live.",
    default: "30s",
  }),
  identity: optional(
    wants(
      z.union([
        z.literal("body"),
        z.strictObject({
          header: required(
            wants(z.string().regex(headerName), "the name of a header"),
            "Response header that holds the identity of the member.",
          ),
        }),
      ]),
      "body or a mapping such as header: X-Served-By",
    ),
    { about: "How an answer tells which member has sent it. Default: any answer will do." },
  ),
  otherwise: optional(oneOf("hold", "next-member"), {
    about: "Without an answer in time: hold and say so, or try the other eligible members, each once.",
    default: "hold",
  }),
} satisfies Record<keyof VerifyFile, z.ZodType>);

const policy = {
  mode: optional(oneOf("auto", "approve", "shadow"), {
    about:
      "auto: move the address. approve: decide, tell, and wait for a person. shadow: decide, say and count, but change nothing.",
    default: "auto",
  }),
  order: optional(oneOf("attach-first", "detach-first"), {
    about:
      "attach-first: the address always has a holder. detach-first: for the length of a move it has none.",
    default: "attach-first",
  }),
  holders: optional(oneOf("one", "all-healthy"), {
    about: "one: a single holder. all-healthy: every healthy member holds the address, a pool.",
    default: "one",
  }),
  failback: optional(failback, {
    about: "When the address goes back to a preferred member: never, or after it was healthy for that long.",
    default: "never",
  }),
  "hold-down": optional(duration, {
    about: "The least time between automatic moves; it doubles with every flap.",
    default: "5m",
  }),
  "warm-up": optional(duration, {
    about: "How long a member that was unhealthy must be healthy before it may receive the address.",
    default: "30s",
  }),
  limit: optional(moveLimit(pastMovesMax, "3/24h"), {
    about: "The most automatic moves within a time.",
    default: "3/24h",
  }),
} satisfies Record<keyof PolicyFile, z.ZodType>;

/** The keys of all kinds of provider; which of them go together is for `rules-groups.ts` and `rules-members.ts` to say. */
function ownKeysOf(of: "address" | "holder"): Record<string, z.ZodExactOptional<z.ZodType<string>>> {
  return Object.fromEntries(ownKeys(of).map(({ key, value, about }) => [key, optional(value, { about })]));
}

const member: z.ZodType<MemberFile> = z.strictObject({
  name: required(name, "Name of the member in logs, metrics and commands."),
  ...ownKeysOf("holder"),
  host: required(host, "IP address or host name that is probed; the member's own, never the moving address."),
  identity: optional(text, { about: "What tells that an answer is from this member. Default: its name." }),
  healthcheck: z.exactOptional(healthcheck),
} satisfies Record<keyof MemberFile, z.ZodType>);

const group: z.ZodType<GroupFile> = z.strictObject({
  provider: required(
    wants(z.string().regex(namePattern), "the name of a provider"),
    "Name of one of the providers.",
  ),
  ...ownKeysOf("address"),
  ...policy,
  verify: optional(
    wants(z.union([z.literal(true), verify]), "true or a mapping such as host: www.example.com"),
    {
      about: "Probe through the address itself, and see whether a move has worked. Default: nobody looks.",
    },
  ),
  healthcheck: z.exactOptional(healthcheck),
  members: required(z.array(member), "The members in order of preference, at least two.").meta({
    minItems: 2,
  }),
} satisfies Record<keyof GroupFile, z.ZodType>);

const apiToken = z.strictObject({
  name: required(name, "Name of the token in logs and in what it has ordered."),
  scope: required(oneOf("read", "operate"), "read: changes nothing. operate: may give every order."),
  token: required(
    token,
    "The secret itself, best as ${file:/path} or ${env:NAME}; `openssl rand -hex 32` makes one.",
  ),
} satisfies Record<keyof ApiTokenFile, z.ZodType>);

const apiTls = z.strictObject({
  cert: required(text, "PEM file of the certificate and those between it and its authority."),
  key: required(text, "PEM file of its key."),
  "client-ca": optional(text, {
    about: "PEM file of authorities: callers must have a certificate of one of them, scrapers too.",
  }),
} satisfies Record<keyof ApiTlsFile, z.ZodType>);

const api = z.strictObject({
  tokens: optional(z.array(apiToken), {
    about: "Who may use the API. Without any, what is read is open and nothing can be ordered.",
  }),
  tls: optional(apiTls, { about: "Serve HTTPS on listen, metrics and health too. Default: plain HTTP." }),
  insecure: optional(wants(z.boolean(), "true or false"), {
    about: "Allow a listen beyond loopback without a token or without TLS.",
    default: false,
  }),
} satisfies Record<keyof ApiFile, z.ZodType>);

const selfCheck = z.strictObject({
  canaries: required(
    z.array(
      wants(
        z.string().refine((value) => parseCanary(value) !== null),
        "tcp://HOST:PORT",
      ),
    ),
    "Things that are no members, such as a router and a resolver, as tcp://host:port.",
  ),
  need: optional(wants(z.int().min(1).max(100), "a whole number from 1 to 100"), {
    about: "How many canaries must answer; with fewer no probe counts and nothing moves.",
    default: 1,
  }),
} satisfies Record<keyof SelfCheckFile, z.ZodType>);

const names = z.string().regex(namePattern);

const [first, ...others] = Object.values(kinds).map(({ file }) => file);
if (first === undefined) throw new Error("There must be a kind of provider");
const provider: z.ZodType<ProviderFile> = z.discriminatedUnion("type", [first, ...others]);

export const configFile: z.ZodType<ConfigFile> = z.strictObject({
  listen: optional(listen, {
    about: "Where metrics, health and the API are served.",
    default: "127.0.0.1:9787",
  }),
  "state-dir": optional(absolutePath, {
    about: "Where the daemon keeps its state. Default: $STATE_DIRECTORY, else /var/lib/failoverd.",
  }),
  "control-socket": optional(socketPath, {
    about:
      "Unix socket on which the commands of people reach the daemon. Default: control.sock in $RUNTIME_DIRECTORY, else in state-dir.",
  }),
  api: optional(api, { about: "Who may use the API on listen." }),
  providers: required(z.record(names, provider), "The accounts that are used, by name."),
  "self-check": optional(selfCheck, {
    about: "How the daemon finds out that its own network does not work.",
  }),
  overall: optional(overall, { about: "What all groups together may do by themselves." }),
  defaults: optional(
    z.strictObject({ ...policy, healthcheck: z.exactOptional(healthcheck) } satisfies Record<
      keyof DefaultsFile,
      z.ZodType
    >),
    { about: "What holds for every group that does not say otherwise." },
  ),
  groups: required(z.record(names, group), "The addresses that are watched, by name."),
  maintenance: optional(z.array(maintenance), { about: "When groups are left alone." }),
  drills: optional(z.array(drill), { about: "When groups prove that they can move: there and back." }),
} satisfies Record<keyof ConfigFile, z.ZodType>);

/**
 * From a host to the one address that is tried: a literal, the hosts file, or DNS through c-ares.
 *
 * Never `dns.lookup`: it runs in Node's thread pool, where a few stalled look-ups hold up all others. The order is
 * fixed, so that the same world always gives the same address: IPv4 first, IPv6 when there is none, the first of
 * several.
 * Only an authoritative "there is no such name" or "it has no address" speaks against the target; a resolver that is
 * broken, refuses or is silent is our own trouble.
 *
 * Search domains of resolv.conf are not applied: names are fully qualified, a trailing dot is allowed.
 */
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { Cause } from "../core/cause.ts";
import type { Ending } from "./ending.ts";
import { HostsFile } from "./hosts-file.ts";
import { clip } from "./text.ts";

/** An address, or why there is none. */
export type Resolution = { readonly address: string } | Ending;

/**
 * Finds the address for `host`. Never rejects. When `signal` aborts, the query is cancelled and what is returned means
 * nothing.
 */
export type Resolve = (host: string, signal: AbortSignal) => Promise<Resolution>;

export interface ResolverOptions {
  /** DNS servers as `address` or `address:port`. Default: those of resolv.conf, read anew for each name. */
  readonly servers?: readonly string[];
  /** Default `/etc/hosts`. */
  readonly hostsFile?: string;
}

/**
 * After this long without an answer c-ares asks again, in milliseconds. Short enough that one lost datagram does not
 * cost the smallest usual deadline of 2 s, longer than nearly every answer takes.
 */
const queryMs = 500;

/** How often each server is asked. The deadline of the probe ends it sooner in most cases. */
const queryTries = 4;

/** c-ares has one code for "no such name" (NXDOMAIN), one for "the name has none of this type" (NODATA). */
const noAddressCodes: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

/** @returns the literal address that `host` is, without brackets and with its zone (`fe80::1%eth0`), or null. */
export function literalAddress(host: string): string | null {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return isIP(bare) === 0 ? null : bare;
}

/** @returns a resolver that may be shared by all probes. */
export function createResolver(options: ResolverOptions = {}): Resolve {
  const hosts = new HostsFile(options.hostsFile ?? "/etc/hosts");
  return async (host, signal) => {
    const literal = literalAddress(host);
    if (literal !== null) return { address: literal };

    const name = host.toLowerCase().replace(/\.$/, "");
    // RFC 6761, section 6.3: such names always mean this machine and never reach a DNS server.
    if (name === "localhost" || name.endsWith(".localhost")) return { address: "127.0.0.1" };
    try {
      const address = hosts.lookup(name);
      if (address !== null) return { address };
    } catch (error) {
      return { cause: "dns-unavailable", detail: clip(String(error)) };
    }
    return await queryDns(name, options.servers ?? null, signal);
  };
}

/** A channel of its own for each name: it sees a changed resolv.conf, and cancelling it cancels nothing else. */
async function queryDns(
  name: string,
  servers: readonly string[] | null,
  signal: AbortSignal,
): Promise<Resolution> {
  const channel = new Resolver({ timeout: queryMs, tries: queryTries });
  const cancel = (): void => channel.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    if (servers !== null) channel.setServers(servers);
    const ipv4 = await firstOf(channel.resolve4(name));
    const noIpv4 = "cause" in ipv4 && ipv4.cause === "dns";
    return noIpv4 && !signal.aborted ? await firstOf(channel.resolve6(name)) : ipv4;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function firstOf(query: Promise<string[]>): Promise<Resolution> {
  try {
    const [address] = await query;
    return address === undefined ? { cause: "dns", detail: "an answer without an address" } : { address };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code = "", message }: NodeJS.ErrnoException = error;
    return { cause: causeOf(code), detail: clip(message) };
  }
}

function causeOf(code: string): Cause {
  if (noAddressCodes.has(code)) return "dns";
  return code === "ENOMEM" ? "local-sockets" : "dns-unavailable";
}

/** Host names and addresses compared by what they mean. */
import { isIP } from "node:net";

/** @returns one spelling for each address and name: lower case, IPv6 compressed, no final dot. */
export function canonicalHost(host: string): string {
  const text = host.toLowerCase().replace(/\.$/, "");
  if (isIP(text) !== 6) return text;
  return URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) ?? text;
}

/** @returns true when nothing sent there leaves this machine. */
export function isLoopback(host: string): boolean {
  const text = canonicalHost(host);
  return text === "localhost" || text === "::1" || (isIP(text) === 4 && text.startsWith("127."));
}

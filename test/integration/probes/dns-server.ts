/** A DNS server of a few lines on UDP: RFC 1035, section 4. It knows what a test tells it, and counts its questions. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";

/** What is said of a name: addresses (none for a type means NODATA), an error, or nothing at all. */
export type Answer = readonly string[] | "nxdomain" | "servfail" | "refused" | "silence";

export interface DnsServer extends AsyncDisposable {
  /** `address:port`, as the resolver wants it. */
  readonly address: string;
  /** `A app.test`, in the order in which they came. */
  readonly questions: readonly string[];
}

const rcodes = { nxdomain: 3, servfail: 2, refused: 5 } as const;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const HEADER_BYTES = 12;

export async function dnsServer(zone: Readonly<Record<string, Answer>>): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  socket.on("message", (query, peer) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${type === TYPE_A ? "A" : "AAAA"} ${name}`);
    const answer = zone[name] ?? "nxdomain";
    if (answer !== "silence")
      socket.send(reply(query.subarray(0, end), type, answer), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  while (query[at] !== 0) {
    const length = query.readUInt8(at);
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The question comes back as it was; each record points to the name in it. */
function reply(question: Buffer, type: number, answer: Exclude<Answer, "silence">): Buffer {
  const family = type === TYPE_A ? 4 : type === TYPE_AAAA ? 6 : 0;
  const addresses = typeof answer === "string" ? [] : answer.filter((address) => isIP(address) === family);
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | (typeof answer === "string" ? rcodes[answer] : 0), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...addresses.map((address) => record(type, address))]);
}

function record(type: number, address: string): Buffer {
  const data = type === TYPE_A ? Buffer.from(address.split(".").map(Number)) : ipv6Bytes(address);
  const fixed = Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([fixed, data]);
}

/** Knows addresses with `::` at most once and no embedded IPv4. */
function ipv6Bytes(address: string): Buffer {
  const [left = "", right = ""] = address.split("::");
  const head = left.split(":").filter((part) => part !== "");
  const tail = right.split(":").filter((part) => part !== "");
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Buffer.from([...head, ...zeros, ...tail].map((part) => part.padStart(4, "0")).join(""), "hex");
}

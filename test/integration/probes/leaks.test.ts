/** Two hundred probes at once, of every outcome, in a process that does nothing else: nothing is left behind. */
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import { dnsServer } from "./dns-server.ts";
import { runElsewhere } from "./elsewhere.ts";
import { closedPort, httpsTarget, httpTarget, listening, onRequest, SHORT_MS, tcpTarget } from "./world.ts";

const measured = z.object({
  causes: z.array(z.string()),
  idle: z.array(z.string()),
  inBetween: z.number(),
  left: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** Of three connections one is answered, one is closed, one is left waiting. */
function moody(): (socket: Socket) => void {
  let accepted = 0;
  return (socket) => {
    accepted += 1;
    if (accepted % 3 === 0)
      onRequest(socket, () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    else socket.resume();
    if (accepted % 3 === 1) socket.end();
  };
}

test("probe() leaves no socket, no timer, no query and no listener behind, whatever the outcome", async () => {
  await using server = await listening(createServer(moody()));
  await using dns = await dnsServer({ "silent.test": "silence" });
  const short = { timeoutMs: 2 * SHORT_MS };
  const targets = [
    httpTarget(server.port, {}, short),
    httpsTarget(server.port, {}, short),
    tcpTarget(server.port),
    httpTarget(await closedPort(), {}, short),
    tcpTarget(server.port, { ...short, host: "silent.test" }),
  ];
  const result = await runElsewhere(`
    services.resolve = createResolver({ servers: [${JSON.stringify(dns.address)}], hostsFile: "/nonexistent" });
    // Node opens this by itself when the first socket closes, and frees TLS memory a turn after the socket.
    process.stderr;
    const busyNow = async () => {
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      return process.getActiveResourcesInfo();
    };
    const idle = await busyNow();
    const warnings = [];
    process.on("warning", (warning) => warnings.push(warning.message));
    const targets = ${JSON.stringify(targets)};
    const probes = Array.from({ length: 200 }, (_, i) => probe(targets[i % targets.length], services));
    const inBetween = process.getActiveResourcesInfo().length;
    const results = await Promise.all(probes);
    const left = await busyNow();
    const causes = [...new Set(results.map(({ cause }) => cause))].sort();
    answer({ causes, idle, inBetween, left, warnings });`);
  const { causes, idle, inBetween, left, warnings } = measured.parse(result);
  expect(causes).toEqual(
    expect.arrayContaining(["closed", "dns-unavailable", "ok", "refused", "tls-timeout"]),
  );
  expect(inBetween).toBeGreaterThan(100);
  expect(left).toEqual(idle);
  expect(warnings).toEqual([]);
});

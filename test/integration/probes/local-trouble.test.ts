/** Our own trouble is never theirs. The probe runs in a process that really has it: no descriptors, no network. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runElsewhere } from "./elsewhere.ts";
import { httpsTarget, tcpServer, tcpTarget } from "./world.ts";

describe("probe() is inconclusive as local-sockets", () => {
  const fewDescriptors = ["sh", "-c", 'ulimit -n 60; exec "$0" "$@"'];
  const useThemUp = 'try { for (;;) fs.openSync("/dev/null") } catch {}';

  test.each([
    ["TCP", tcpTarget],
    ["HTTPS", httpsTarget],
  ])("when this process has no descriptor left, over %s", async (_mode, targetOf) => {
    await using server = await tcpServer(() => undefined);
    const target = JSON.stringify(targetOf(server.port));
    expect(
      await runElsewhere(`${useThemUp}; answer(await probe(${target}, services))`, fewDescriptors),
    ).toMatchObject({
      outcome: "inconclusive",
      cause: "local-sockets",
      detail: expect.stringContaining("EMFILE"),
    });
  });
});

describe("probe() is inconclusive as local-network", () => {
  const emptyNamespace = ["unshare", "-rn"];

  test("when this machine has no route", async ({ skip }) => {
    const permitted = spawnSync("sh", ["-c", `${emptyNamespace.join(" ")} true`]).status === 0;
    if (!permitted) return skip("unshare -rn is not permitted here");
    const target = JSON.stringify(tcpTarget(80, { host: "192.0.2.1" }));
    expect(await runElsewhere(`answer(await probe(${target}, services))`, emptyNamespace)).toMatchObject({
      outcome: "inconclusive",
      cause: "local-network",
      detail: expect.stringContaining("ENETUNREACH"),
    });
  });
});

/** The commands that speak to the clouds, as a user starts them. */
import { expect, test } from "vitest";
import { Failoverd } from "./process.ts";
import { apiSecret, TestCloud } from "./cloud.ts";

test("an Elastic IP is listed, and is detached by a script only when it says that it is sure", async () => {
  await using cloud = await TestCloud.start();
  const run = (...args: string[]) =>
    new Failoverd(["exoscale", "elastic-ip", ...args, "--config", cloud.configFile]).ended();
  const [list, unsure] = await Promise.all([run("list", "--json"), run("detach", "198.51.100.7", "web-a")]);
  expect(list).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(list.stdout)).toMatchObject([{ ip: "198.51.100.7", holders: [{ name: "web-a" }] }]);
  expect(unsure).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("add --yes if you are sure"),
  });
  expect(cloud.changesAsked).toBe(0);

  const sure = await run("detach", "198.51.100.7", "web-a", "--yes");
  expect(sure).toMatchObject({ code: 0, stdout: expect.stringContaining("nobody") });
  expect(sure.stderr).toContain("failoverd switchover web");
  expect(cloud.record.at(-1)).toBe("nobody");
});

test("SIGINT ends the waiting for an operation, and says that it is under way", async () => {
  await using cloud = await TestCloud.start();
  cloud.breaks({ operation: "attach-instance-to-elastic-ip", effect: { kind: "stuck" }, times: "always" });
  const args = ["exoscale", "elastic-ip", "attach", "198.51.100.7", "web-b", "--config", cloud.configFile];
  await using waiting = new Failoverd(args);
  await cloud.until("it asks for the operation", () => cloud.accepted("get-operation") > 0);
  waiting.kill("SIGINT");
  const { code, stderr } = await waiting.ended();
  expect(code).toBe(1);
  expect(stderr).toContain(
    "attach: the operation was still under way when we stopped waiting\nFix: failoverd exoscale operation show ",
  );
});

test("the token of Cloud 66 is tried with the variables of its own tool", async () => {
  await using cloud = await TestCloud.start();
  const url = cloud.simulator.cloud66Endpoint.replace("/api/3", "");
  const env = { CLOUD66_ACCESS_TOKEN: apiSecret, CLOUD66_API_URL: url };
  const ping = new Failoverd(["cloud66", "ping"], { env });
  expect(await ping.ended()).toMatchObject({ code: 0, stdout: "Cloud 66 answers, and the token is valid\n" });
  const bad = await new Failoverd(["cloud66", "ping"], {
    env: { ...env, CLOUD66_ACCESS_TOKEN: "x".repeat(30) },
  }).ended();
  expect(bad).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("Fix: Check the token") });
});

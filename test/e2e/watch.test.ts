/** `failoverd status --watch` on a pipe and on a real terminal, beside a real daemon. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Controlled } from "./controlled.ts";
import { lacks, repository } from "./packaging-parts.ts";
import { Failoverd, failoverd } from "./process.ts";

const timeout = 60_000;

describe("status --watch", () => {
  test(
    "prints one snapshot after the other on a pipe, also while the daemon is away",
    { timeout },
    async () => {
      await using stage = await Controlled.start();
      const args = ["status", "--watch", "--interval", "300ms", "--socket", stage.socket];
      await using watch = new Failoverd(args);
      await using json = new Failoverd([...args, "--json"]);
      await watch.prints(
        /^\d\d:\d\d:\d\d {2}failoverd [^]*web +steady +\d+s +web-a [^]*\n\d\d:\d\d:\d\d {2}failoverd /m,
      );
      await json.prints(/"state":"steady"[^\n]*\n\{/);
      await stage.cloud.kill("web-a");
      await watch.prints(/web\/web-a +unhealthy +\d+s +no: unhealthy \(it refused/);
      stage.daemon.kill("SIGKILL");
      await stage.daemon.ended();
      const before = watch.printed.length;
      await stage.restart();
      await watch.prints(new RegExp(`^[^]{${before}}[^]*web +steady +\\d+s +web-b`));
      for (const each of [watch, json]) {
        each.kill("SIGINT");
        expect(await each.ended()).toMatchObject({ code: 0, signal: null });
      }
      for (const line of json.printed.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("groups");
      for (const line of watch.printed.split("\n")) expect(line.length).toBeLessThanOrEqual(90);
    },
  );

  test(
    "ends with 4 when nobody answers the first time, and with 2 for a strange interval",
    { timeout },
    async () => {
      const watch = ["status", "--watch", "--socket", "/nonexistent/control.sock"];
      expect(await failoverd(...watch)).toMatchObject({ code: 4, stdout: "" });
      expect(await failoverd(...watch, "--interval", "1")).toMatchObject({
        code: 2,
        stderr: '--interval must be a duration from 200ms to 1h: "1"\n',
      });
    },
  );

  test.skipIf(lacks("script", "stty"))(
    "draws in place on a terminal, and leaves it as it was on Ctrl-C",
    { timeout },
    async () => {
      await using stage = await Controlled.start();
      const command = `"${process.execPath}" "${join(repository, "src/main.ts")}" status --watch --interval 300ms --socket "${stage.socket}"`;
      const terminal = spawn("script", ["-qec", `stty rows 30 cols 80; exec ${command}`, "/dev/null"], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      let [shown, ending] = ["", false];
      const closed = once(terminal, "close");
      for await (const chunk of terminal.stdout.setEncoding("utf8")) {
        shown += String(chunk);
        // Drawn for the second time.
        if (!ending && shown.split("\u001B[H").length > 2) ending = terminal.stdin.write("\u0003");
      }
      expect(await closed).toEqual([0, null]);
      expect(shown.startsWith("\u001B[?1049h\u001B[?25l\u001B[?7l\u001B[H")).toBe(true);
      expect(shown).toContain("every 300ms, Ctrl-C ends it");
      expect(shown.trimEnd().endsWith("\u001B[?7h\u001B[?25h\u001B[?1049l")).toBe(true);
    },
  );
});

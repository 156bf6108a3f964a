/** `npm run bench`: what failoverd costs, how exact it is, and how soon it acts. See `--help`. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent } from "undici";
import { makeCertificate } from "../src/simulator/certificate.ts";
import { killAll } from "./field/child.ts";
import { loadNow, pin, versions } from "./field/machine.ts";
import { help, optionsOf, type Options } from "./options.ts";
import { record, writePage } from "./report/files.ts";
import { tablesOf } from "./report/page.ts";
import { summaryOf } from "./report/summary.ts";
import { run } from "./run.ts";

/** Longer than that is a hang. Milliseconds. */
const quickMaxMs = 180_000;
const fullMaxMs = 90 * 60_000;

const options = optionsOf(process.argv.slice(2));
if (typeof options === "string") {
  console.error(`${options}\n\n${help}`);
  process.exitCode = 2;
} else if (options === null) console.log(help);
else if (options.page) writePage();
else await measure(options);

async function measure({ parts, quick, json, record: keeps, program }: Options): Promise<void> {
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "failoverd-bench-"));
  const end = (code: number, why: string): never => {
    if (why !== "") console.error(why);
    killAll();
    rmSync(folder, { recursive: true, force: true });
    process.exit(code);
  };
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.on(signal, () => end(code, `Ended by ${signal}`));
  process.on("uncaughtException", (error) => end(1, String(error.stack)));
  setTimeout(() => end(1, "Took too long, so it hangs somewhere"), quick ? quickMaxMs : fullMaxMs).unref();

  const say = (text: string): void =>
    console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7)} ${text}`);
  if (program === "build") build();
  await pin(process.pid, "serving");
  const known = await versions();
  const has = { haproxy: known.haproxy !== null, blackbox: known.blackbox !== null };
  if (!has.haproxy) say("HAProxy is not here, so it is not compared: apt-get install haproxy");
  if (!has.blackbox)
    say("blackbox_exporter is not here, so it is not compared: apt-get install prometheus-blackbox-exporter");
  if (loadNow() > 0.5)
    say(`The machine has something else to do (load ${loadNow()}): the figures will not be good`);

  const certificate = await makeCertificate([]);
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, certificate.caPem);
  const agent = new Agent();
  const bench = { quick, program, folder, agent, certificate, caFile, has, say };
  const results = await run(parts, bench, known, (done) => {
    if (keeps) record(done);
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  if (json) console.log(JSON.stringify({ seconds, ...summaryOf(results), results }, null, 1));
  else console.log(`\n${tablesOf(results)}\n\n${seconds.toFixed(0)} s`);
  end(0, "");
}

/** What is measured is what a user would install. */
function build(): void {
  const { status } = spawnSync("npm", ["run", "-s", "build"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error("Cannot build what is to be measured: npm run build has failed");
}

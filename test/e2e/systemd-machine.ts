/** A small Debian machine in a container, booted with its own systemd: failoverd is installed in it as docs/install.md says. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { debianTree, must, output, repository, scratchFolder, type Output } from "./packaging-parts.ts";

/** Longer than all its tests together, in seconds: a machine that nobody ended ends by itself. */
const lifetimeS = 240;

export class Machine implements AsyncDisposable {
  readonly #folder: string;
  readonly #process: ChildProcess;
  #leader = "";

  private constructor(folder: string) {
    this.#folder = folder;
    const binds = [
      `${process.execPath}:/usr/bin/node`,
      `${repository}/node_modules:/opt/failoverd/node_modules`,
    ];
    const options = ["--boot", "--private-network", "--register=no", "--keep-unit", "--console=pipe"];
    const nspawn = ["systemd-nspawn", "-q", "-D", join(folder, "root"), ...options];
    this.#process = spawn(
      "timeout",
      ["-k", "10", String(lifetimeS), ...nspawn, ...binds.map((bind) => `--bind-ro=${bind}`)],
      { stdio: "ignore" },
    );
  }

  /** @param files what is in it besides Debian, failoverd and its unit, by path. */
  static async boot(files: Readonly<Record<string, string>>): Promise<Machine> {
    const folder = scratchFolder();
    const root = join(folder, "root");
    await must("cp", ["-a", await debianTree(), root], 60_000);
    await install(root);
    for (const [path, text] of Object.entries(files)) write(join(root, path), text);
    const machine = new Machine(folder);
    try {
      await machine.#booted();
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
    return machine;
  }

  /** Runs a shell command in the machine. */
  output(script: string, limitMs = 20_000): Promise<Output> {
    const enter = ["-t", this.#leader, "-m", "-u", "-i", "-n", "-p", "-C", "--"];
    return output("nsenter", [...enter, "/bin/sh", "-c", script], limitMs);
  }

  /** @returns what the shell command printed. @throws when it fails. */
  async sh(script: string, limitMs = 20_000): Promise<string> {
    const { code, stdout, stderr } = await this.output(script, limitMs);
    if (code !== 0) throw new Error(`Cannot run in the machine: ${script}: ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Repeats the shell command until it succeeds. @returns what it printed then. @throws after `limitS` seconds. */
  async until(script: string, limitS = 20): Promise<string> {
    try {
      const loop = `until ${script}; do sleep 0.2; done`;
      return await this.sh(`timeout ${limitS} /bin/sh -c '${loop}'`, (limitS + 5) * 1_000);
    } catch (error) {
      const { stdout } = await this.output(
        "systemctl status failoverd; journalctl -u failoverd -n 40 --no-pager",
      );
      throw new Error(`Cannot wait any longer for: ${script}\n${stdout}`, { cause: error });
    }
  }

  /** @returns properties of the service as systemd has them. */
  async show(...names: readonly string[]): Promise<Record<string, string>> {
    const lines = await this.sh(`systemctl show failoverd ${names.map((name) => `-p ${name}`).join(" ")}`);
    return Object.fromEntries(lines.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #booted(): Promise<void> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      this.#leader = firstChild(firstChild(this.#process.pid));
      if (this.#leader !== "") {
        const { stdout } = await this.output("systemctl is-system-running --wait", 30_000);
        if (/^(running|degraded)/.test(stdout)) return;
      }
      if (this.#process.exitCode !== null || performance.now() > deadline)
        throw new Error(`Cannot boot the machine: exit code ${this.#process.exitCode}`);
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
  }
}

function firstChild(parent: number | string | undefined): string {
  if (parent === undefined || parent === "") return "";
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ")[0] ?? "";
  } catch {
    return "";
  }
}

async function install(root: string): Promise<void> {
  const target = join(root, "opt/failoverd");
  mkdirSync(join(target, "node_modules"), { recursive: true });
  writeFileSync(join(root, "usr/bin/node"), "");
  const compiler = join(repository, "node_modules/.bin/tsc");
  await must(compiler, ["-p", "tsconfig.build.json", "--outDir", join(target, "dist")], 60_000);
  cpSync(join(repository, "package.json"), join(target, "package.json"));
  const units = join(root, "etc/systemd/system");
  cpSync(join(repository, "systemd/failoverd.service"), join(units, "failoverd.service"));
  mkdirSync(join(units, "multi-user.target.wants"), { recursive: true });
  symlinkSync("../failoverd.service", join(units, "multi-user.target.wants/failoverd.service"));
  writeFileSync(join(root, "etc/machine-id"), "");
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
  writeFileSync(join(root, "etc/hostname"), "failoverd-test\n");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: path.includes("credentials") ? 0o600 : 0o644 });
}

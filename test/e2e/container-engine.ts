/** buildah and podman with a storage of their own, so that nothing of the machine's images and containers is touched. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import {
  cached,
  debianTree,
  must,
  output,
  repository,
  scratchFolder,
  type Output,
} from "./packaging-parts.ts";

/** As the image must be able to run: no writable root, no capability, no way to gain one, no network but loopback. */
const confined = [
  "--read-only",
  "--tmpfs=/tmp",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--network=none",
  "--ulimit=nofile=1024:1024",
  "--ulimit=nproc=1024:1024",
];

export class ContainerEngine implements AsyncDisposable {
  /** Name of the image that was built from the Dockerfile. */
  readonly image: string = `localhost/failoverd-test-${process.pid}`;
  readonly #folder: string = scratchFolder();
  readonly #containers = new Set<string>();

  /** @param args of podman, after its global options. */
  podman(args: readonly string[], limitMs = 30_000): Promise<Output> {
    return output("podman", ["--runtime=runc", ...this.#storage(), ...args], limitMs);
  }

  /** Builds the image from the Dockerfile of the repository, on a local stand-in for its base image. */
  async build(): Promise<void> {
    const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(join(repository, "Dockerfile"), "utf8"))?.[1];
    if (base === undefined)
      throw new Error("Cannot find the base image: the Dockerfile has no ARG NODE_IMAGE");
    if ((await this.podman(["image", "exists", base])).code !== 0) await this.#makeBase(base);
    const npmrc = join(this.#folder, "npmrc");
    writeFileSync(npmrc, "cafile=/etc/ssl/certs/ca-certificates.crt\nupdate-notifier=false\n");
    // Both sides of the build run as the same user, so its home is the same path inside and outside.
    const npmCache = join(homedir(), ".npm");
    mkdirSync(npmCache, { recursive: true });
    const mounts = [
      "/etc/ssl/certs:/etc/ssl/certs:ro",
      `${npmrc}:${join(homedir(), ".npmrc")}:ro`,
      `${npmCache}:${npmCache}`,
    ];
    const options = ["--isolation=chroot", "--network=host", "--format=docker", "--pull=never"];
    const volumes = mounts.flatMap((mount) => ["--volume", mount]);
    await must(
      "buildah",
      [...this.#storage(), "bud", ...options, ...volumes, "-t", this.image, repository],
      buildLimitMs,
    );
  }

  /** Runs the image to its end. */
  run(args: readonly string[], limitMs = 60_000): Promise<Output> {
    return this.podman(["run", "--rm", ...confined, this.image, ...args], limitMs);
  }

  /** Runs a shell command instead of the daemon, in a container of its own. */
  shell(script: string): Promise<Output> {
    return this.podman(["run", "--rm", ...confined, "--entrypoint=/bin/sh", this.image, "-c", script]);
  }

  /** Starts the image. @param config is mounted where the daemon looks for it. @returns the id of the container. */
  async start(config: string): Promise<string> {
    const file = join(this.#folder, "failoverd.yaml");
    writeFileSync(file, config, { mode: 0o644 });
    const mount = ["--volume", `${file}:/etc/failoverd/failoverd.yaml:ro`];
    const { code, stdout, stderr } = await this.podman(["run", "-d", ...confined, ...mount, this.image]);
    if (code !== 0) throw new Error(`Cannot start the container: ${stderr}`);
    this.#containers.add(stdout.trim());
    return stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers) await this.podman(["rm", "-f", "-t", "1", container]);
    await this.podman(["rmi", "-f", this.image]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #storage(): readonly string[] {
    const folder = cached(`containers-${process.version}`);
    return ["--root", join(folder, "storage"), "--runroot", join(folder, "run")];
  }

  /** What the official image has: Debian, node and npm. */
  async #makeBase(name: string): Promise<void> {
    const tree = join(this.#folder, "base");
    await must("cp", ["-a", await debianTree(), tree], 60_000);
    const local = join(tree, "usr/local");
    cpSync(process.execPath, join(local, "bin/node"));
    cpSync(hostNpm(), join(local, "lib/npm"), { recursive: true });
    symlinkSync("../lib/npm/bin/npm-cli.js", join(local, "bin/npm"));
    const archive = join(this.#folder, "base.tar");
    await must("tar", ["-C", tree, "-cf", archive, "."], 60_000);
    rmSync(tree, { recursive: true });
    const { code, stderr } = await this.podman(["import", "-q", archive, name], 120_000);
    rmSync(archive);
    if (code !== 0) throw new Error(`Cannot make the base image: ${stderr}`);
  }
}

/** The time that one build may take, in milliseconds: two times `npm ci`, and the compiler. */
export const buildLimitMs = 300_000;

/** @returns the folder of the npm on the PATH. */
function hostNpm(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const npm = folders.map((folder) => join(folder, "npm")).find((file) => existsSync(file));
  if (npm === undefined) throw new Error("Cannot find npm on the PATH");
  return dirname(dirname(realpathSync(npm)));
}

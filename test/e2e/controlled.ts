/** A simulated cloud, a real daemon that watches it, and the commands that reach that daemon. */
import { join } from "node:path";
import { TestCloud, type TestCloudOptions } from "./cloud.ts";
import { Failoverd, failoverd, type Ended } from "./process.ts";

/** A cloud, a daemon that is steady, and the commands that reach it. */
export class Controlled implements AsyncDisposable {
  readonly cloud: TestCloud;
  readonly config: string;
  daemon: Failoverd;

  private constructor(cloud: TestCloud) {
    this.cloud = cloud;
    this.config = cloud.configFile;
    this.daemon = new Failoverd(["run", "--no-watch", "--config", this.config]);
  }

  static async start(options: TestCloudOptions = {}): Promise<Controlled> {
    const cloud = await TestCloud.start(options);
    const stage = new Controlled(cloud);
    await stage.daemon.prints(/"rule":"steady"/);
    return stage;
  }

  get socket(): string {
    return join(this.cloud.stateDir, "control.sock");
  }

  run(...args: readonly string[]): Promise<Ended> {
    return failoverd(...args, "--socket", this.socket);
  }

  async status(): Promise<{ readonly groups: readonly Record<string, unknown>[] } & Record<string, unknown>> {
    const { stdout } = await this.run("status", "--json");
    return JSON.parse(stdout) as { groups: Record<string, unknown>[] };
  }

  async metric(name: string): Promise<string | undefined> {
    const metrics = await (await fetch(`${await this.daemon.url()}/metrics`)).text();
    return metrics.split("\n").find((line) => line.startsWith(`${name}{`));
  }

  async restart(): Promise<void> {
    this.daemon.kill("SIGTERM");
    await this.daemon.ended();
    this.daemon = new Failoverd(["run", "--no-watch", "--config", this.config]);
    await this.daemon.url();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
  }
}

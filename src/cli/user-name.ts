/** Who gives an order when nobody says so. */
import { userInfo } from "node:os";

/** @returns the user behind sudo, else the user of this process, else its number: in a container it may have no name. */
export function userName(env: NodeJS.ProcessEnv = process.env): string {
  const behindSudo = env["SUDO_USER"];
  if (behindSudo !== undefined && behindSudo !== "") return behindSudo;
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

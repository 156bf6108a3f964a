/** A config as it may be shown: without credentials, and without the values of request headers, which may be some. */
import { fromElasticIp, type Config, type MemberConfig } from "./config.ts";

/** @returns the same config; as JSON it holds no secret, since a `Secret` turns into `[secret]` by itself. */
export function publicConfig(config: Config): Config {
  const groups = config.groups.map((group) => ({ ...group, members: group.members.map(withoutHeaders) }));
  return { ...config, groups };
}

function withoutHeaders(member: MemberConfig): MemberConfig {
  const { target } = member;
  if (target.mode === fromElasticIp || target.http === null) return member;
  const names = Object.keys(target.http.headers);
  const headers = Object.fromEntries(names.map((name) => [name, "[secret]"]));
  return { ...member, target: { ...target, http: { ...target.http, headers } } };
}

/** An account at a provider: what all groups share that move an address there. */
import type { Provider } from "./provider.ts";

export interface Account {
  /** The config has made sure that address and members are of this kind of provider. */
  bind(group: GroupAtProvider): Provider;
  /** Lets go of all that is open, connections for one. */
  close(): Promise<void>;
}

export interface GroupAtProvider {
  /** Of the group in the config. */
  readonly name: string;
  /** The provider's own name of the address, as the config has it. */
  readonly address: string;
  readonly members: readonly MemberAtProvider[];
  /** Members are probed by the healthcheck that the provider stores with the address. */
  readonly usesStored: boolean;
}

export interface MemberAtProvider {
  readonly name: string;
  /** The provider's own name of the member, as the config has it. */
  readonly holder: string;
}

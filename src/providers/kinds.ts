/**
 * The kinds of providers, as the config knows them. A new one is a folder here, its lines in this file, and its line in
 * `accounts.ts`; docs/providers.md leads through it.
 */
import type { Kind } from "../config/kind.ts";
import { cloud66, type Cloud66Config, type Cloud66File } from "./cloud66/kind.ts";
import { exec, type ExecConfig, type ExecFile } from "./exec/kind.ts";
import { exoscale, type ExoscaleConfig, type ExoscaleFile } from "./exoscale/kind.ts";

export type ProviderFile = ExoscaleFile | Cloud66File | ExecFile;
export type ProviderConfig = ExoscaleConfig | Cloud66Config | ExecConfig;
export type ProviderType = ProviderConfig["type"];
export type AnyKind = Kind<ProviderFile, ProviderConfig>;

/** By `type`, in the order in which texts name them. */
export const kinds: Readonly<Record<ProviderType, AnyKind>> = { exoscale, cloud66, exec };

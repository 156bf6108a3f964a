/** The config in use, as the API tells it: effective, so that every default is in it. */
import { z } from "zod";
import type { Config } from "../../config/config.ts";

export interface ConfigAnswer {
  readonly version: string;
  /** Without credentials and without the values of request headers. */
  readonly config: Config;
}

const named = z.array(z.looseObject({ name: z.string() }));

/** What a reader of the document learns of it; the rest is as the config file's schema has it, in other words. */
export const configShape: z.ZodObject = z.object({
  version: z.string(),
  config: z
    .looseObject({
      listen: z.object({ host: z.string(), port: z.number() }),
      providers: named,
      groups: z.array(z.looseObject({ name: z.string(), provider: z.string(), members: named })),
    })
    .meta({ description: "times in milliseconds; credentials and values of request headers are [secret]" }),
});

/** For whoever is of the same version as the daemon. */
export const sameVersionConfig: z.ZodType<ConfigAnswer> = z.custom<ConfigAnswer>(
  (value) => configShape.safeParse(value).success,
);

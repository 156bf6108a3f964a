/** Request bodies: JSON of a given shape, or sentences that say what is wrong with them. */
import { errorText } from "../core/error-text.ts";
import { z } from "zod";

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** One sentence for each problem, and all of them in one text. */
  | { readonly ok: false; readonly problems: readonly string[]; readonly problem: string };

export function parseJson<T>(shape: z.ZodType<T>, body: Buffer): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    const problem = `The body is not JSON: ${errorText(error)}`;
    return { ok: false, problems: [problem], problem };
  }
  const result = shape.safeParse(value);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problems: problemsOf(result.error), problem: z.prettifyError(result.error) };
}

/** @returns `healthcheck.port: Too big: expected number to be <=65535`, for each problem. */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join(".")}: ${message}` : message,
  );
}

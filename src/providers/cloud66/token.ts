/**
 * Cloud 66's tools have two variables that look alike: CLOUD66_ACCESS_TOKEN is the token itself, CLOUD66_TOKEN is the base64 of a
 * whole cx.json file, which has a token in it. The second one in the place of the first is refused by the API without a word why.
 */

/** @returns what the text is instead of an access token, in words that hold nothing of it; null when it may be one. */
export function tokenMixUp(token: string): string | null {
  if (isTokenFile(token)) return "the content of a cx.json file";
  const decoded = Buffer.from(token, "base64").toString("utf8");
  return isTokenFile(decoded) ? "the base64 of a cx.json file (CLOUD66_TOKEN)" : null;
}

function isTokenFile(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return false;
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null;
  } catch {
    return false;
  }
}

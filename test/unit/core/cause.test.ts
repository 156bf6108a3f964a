import { expect, test } from "vitest";
import { causeText } from "../../../src/core/cause.ts";

test("causeText() says of the subject what it did, and of our own trouble that it is no verdict", () => {
  expect(causeText("web-a", "refused")).toBe("web-a refused the connection");
  expect(causeText("web-a", "ok")).toBe("web-a answered as expected");
  expect(causeText("web-a", "dns-unavailable")).toBe("web-a was not judged: our resolver did not answer");
  expect(causeText("web-a", "local-network")).toBe(
    "web-a was not judged: this machine has no route or may not send",
  );
});
